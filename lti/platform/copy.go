package platform

import (
	"fmt"
	"maps"
)

// CopyCourse makes a copy of a course, as at the beginning of a term: new IDs
// for course, links and line items; custom parameters, resourceId and tag are
// kept, people and grades are not. Where the LMS has one, a context copy notice
// waits for DeliverNotices.
func (p *Platform) CopyCourse(course string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	from := p.courses[course]
	if from == nil {
		return "", fmt.Errorf("there is no course %q", course)
	}
	to := p.newCourse(from.Title + " copy")
	to.Origins = append([]string{from.ID}, from.Origins...)
	told := map[string]bool{}
	for _, l := range p.linksOf(course) {
		l.Custom = maps.Clone(l.Custom)
		l.Origins = append([]string{l.ID}, l.Origins...)
		deployment := l.deployment
		made, err := p.addLink(to.ID, l)
		if err != nil {
			return "", err
		}
		p.links[made.ID].deployment = deployment
		if !told[l.Tool+deployment] && p.profile.LMS.Copy.Notice {
			p.notices = append(p.notices, notice{tool: l.Tool, deployment: deployment, course: to.ID, origin: from.ID})
		}
		told[l.Tool+deployment] = true
	}
	return to.ID, nil
}
