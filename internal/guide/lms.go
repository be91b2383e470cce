package guide

import "github.com/greenroom-lti/greenroom/lti/profile"

// All returns every guide, in the order of profile.All.
func All() []Guide {
	return []Guide{blackboard(), brightspace(), canvas(), itslearning(), moodle(), openEdX(), sakai(), schoology(), corporate(), generic()}
}

const (
	addActivity = "Add an activity with the custom parameter `scenario_id=<slug>`: each scenario's page shows the line to copy."
	testIt      = "Open the connection's page in Greenroom and press **Test connection**."
)

var registering = []Text{
	"In Greenroom press **Generate registration URL**. The URL is good for one hour and one registration.",
}

func moodle() Guide {
	p := profile.Moodle()
	return Guide{
		Code: p.Code, Name: p.Name,
		Intro: "Moodle registers Greenroom by itself from one URL; it can also be set up by hand.",
		Ways: []Way{
			{
				Title: "Dynamic registration", Where: "Site administration, Plugins, External tool, Manage tools",
				Steps:  registering,
				Fields: []Field{{"Tool URL", Registration, "then **Add LTI Advantage**"}},
				Then: []Text{
					"Moodle asks whether to update a tool of the same host or to register a new one. For another workspace on the same host choose **Register as a new external tool**.",
					"The new tool is **Pending**: press **Activate**.",
				},
			},
			{
				Title: "By hand", Where: "Site administration, Plugins, External tool, Manage tools, **configure a tool manually**",
				Fields: []Field{
					{"Tool name", "Greenroom", "or any name"},
					{"Tool URL", Launch, ""},
					{"LTI version", "", "LTI 1.3"},
					{"Public key type", "", "Keyset URL"},
					{"Public keyset", KeySet, ""},
					{"Initiate login URL", Login, ""},
					{"Redirection URI(s)", Launch, ""},
					{"Custom parameters", "", "leave empty: each activity names its scenario"},
					{"Default launch container", "", "New window. Moodle lends no storage to tools whose cookies are blocked"},
					{"Services", "", "allow the grade service with column management, and names and roles"},
					{"Privacy", "", "share the launcher's name and e-mail if you want them shown, and accept grades from the tool"},
				},
				Then: []Text{"Save. **Tool configuration details** of the new tool shows the values for Greenroom."},
			},
		},
		Back: back(p, "Platform ID", "Client ID", "Deployment ID", "Authentication request URL", "Access token URL", "Public keyset URL"),
		After: []Text{
			"Moodle does not fetch keysets from private addresses, nor from ports other than 80 and 443, unless its administrator allows it. Scores are then refused at the token endpoint.",
			addActivity, testIt,
		},
	}
}

func canvas() Guide {
	p := profile.Canvas()
	return Guide{
		Code: p.Code, Name: p.Name,
		Intro: "In Canvas a tool is an LTI developer key, and each installation of the key in an account or a course is a deployment. Addresses below are those of Canvas' cloud.",
		Ways: []Way{
			{
				Title: "Dynamic registration", Where: "Admin, Developer Keys or Apps",
				Steps: append(registering[:len(registering):len(registering)], "Add an LTI registration and paste the URL."),
				Then: []Text{
					"Confirm scopes, placements and privacy level. The key stays off until an administrator confirms it; what is cut here shows on the connection's page.",
					"Install the key in an account or a course. The first launch tells Greenroom the deployment ID.",
				},
			},
			{
				Title: "LTI key from a URL or pasted JSON", Where: "Admin, Developer Keys, an LTI key",
				Fields: []Field{
					{"Key name", "Greenroom", "or any name"},
					{"Redirect URIs", Launch, ""},
					{"Method", "", "Enter URL, or Paste JSON with what is found at that address"},
					{"JSON URL", Canvas, ""},
				},
				Then: []Text{"Save, switch the key on, and install it **by Client ID** in an account or a course."},
			},
			{
				Title: "LTI key by hand", Where: "Admin, Developer Keys, an LTI key, manual entry",
				Fields: []Field{
					{"Key name", "Greenroom", "or any name"},
					{"Redirect URIs", Launch, ""},
					{"Title", "Greenroom", ""},
					{"Description", "Practise conversations with a character, and get a score for them.", ""},
					{"Target link URI", Launch, ""},
					{"OpenID Connect initiation URL", Login, ""},
					{"JWK method", "", "public JWK URL"},
					{"Public JWK URL", KeySet, ""},
					{"Scopes", "", "switch on those for line items, results, scores and names; one scope that is off refuses the whole request that names it"},
					{"Privacy level", "", "public shows names; the default is anonymous"},
				},
				Then: []Text{"Save, switch the key on, and install it **by Client ID** in an account or a course."},
			},
		},
		Back: back(p, "in Canvas' cloud. A Canvas that you host yourself says the same unless config/security.yml was changed.",
			"The number of the developer key, such as 10000000000001", "Shown at the installed app; it looks like `106:8865aa05b4b7…`",
			"in the cloud; beta and test have hosts of their own", "in the cloud, or the same path on your school's own domain", "in the cloud"),
		After: []Text{
			"Copies of production in beta and test keep client ID and deployment IDs. They are connections of their own, with issuer `https://canvas.beta.instructure.com` or `https://canvas.test.instructure.com`.",
			addActivity, testIt,
		},
		Unknown: []Text{"The exact labels of the newer Apps page: the names above are those of the developer key form."},
	}
}

func brightspace() Guide {
	p := profile.Brightspace()
	return Guide{
		Code: p.Code, Name: p.Name,
		Intro: "Brightspace takes one enabled registration per host of the tool. Two workspaces on the same host cannot both register there: give the second one a host of its own.",
		Ways: []Way{
			{
				Title: "Dynamic registration", Where: "Admin Tools, Manage Extensibility, LTI Advantage, Register Tool, Dynamic",
				Steps: append(registering[:len(registering):len(registering)], "Paste it as the tool's initiation URL."),
				Then:  []Text{"Enable the registration. Then External Learning Tools, **New Deployment**, and make links of it."},
			},
			{
				Title: "By hand", Where: "Admin Tools, Manage Extensibility, LTI Advantage, Register Tool, Standard",
				Fields: []Field{
					{"Name", "Greenroom", "has to be unique"},
					{"Description", "", "as you like"},
					{"Domain", Host, ""},
					{"Redirect URLs", Launch, ""},
					{"OpenID Connect Login URL", Login, ""},
					{"Target Link URI", Launch, ""},
					{"Keyset URL", KeySet, ""},
					{"Extensions", "", "the grade service, names and roles, and deep linking"},
				},
				Then: []Text{"Save. Then External Learning Tools, **New Deployment**, and make links of it."},
			},
		},
		Back: back(p, "Issuer", "Client Id", "Of the deployment", "OpenID Connect Authentication Endpoint", "OAuth2 Access Token URL. The same for all customers.", "Brightspace Keyset URL"),
		After: []Text{
			"On the connection's page choose **Brightspace** as the LMS, or copy **OAuth2 Audience** into *Audience*: `https://api.brightspace.com/auth/token`.",
			"The security settings of the deployment decide whether names, addresses and the course are told.",
			"Links have no column in the gradebook unless creating grade items is on. On the connection's page Greenroom can be allowed to make them.",
			"**Open as External Resource** opens a window of its own.",
			addActivity, testIt,
		},
	}
}

func blackboard() Guide {
	p := profile.Blackboard()
	return Guide{
		Code: p.Code, Name: p.Name,
		Intro: "A tool is registered once, in Anthology's developer portal, by whoever offers it. Institutions then add it by its Application ID, and each gets a deployment ID. A host can belong to one application only.",
		Ways: []Way{{
			Title: "In the developer portal", Where: "developer.blackboard.com, register an application",
			Fields: []Field{
				{"Application name", "Greenroom", ""},
				{"Description", "", "as you like"},
				{"Domain(s)", Host, ""},
				{"OIDC login URL", Login, ""},
				{"Redirect URL(s)", Launch, "one is advised"},
				{"JWKS URL", KeySet, ""},
				{"Signing algorithm", "", "RS256"},
				{"Custom parameters", "", "leave empty"},
			},
			Then: []Text{"In Blackboard Learn an administrator adds the tool by Client ID (Application ID) and makes placements: deep linking, or course content."},
		}},
		Back: back(p, "for everybody", "Application ID", "Shown when the tool was added in Blackboard Learn", "for everybody", "for everybody",
			"`https://developer.blackboard.com/api/v1/management/applications/` and then the Application ID and `/jwks.json`"),
		After: []Text{
			"All institutions share the client ID; only the deployment ID tells them apart. Keep the list of deployments strict.",
			"Maximum scores are whole numbers.",
			addActivity, testIt,
		},
		Unknown: []Text{"The portal's exact labels: the names above follow Anthology's documentation."},
	}
}

func schoology() Guide {
	p := profile.Schoology()
	return Guide{
		Code: p.Code, Name: p.Name,
		Intro: "Schoology has no dynamic registration. All schools have the same issuer and addresses.",
		Ways: []Way{{
			Title: "By hand", Where: "App Center, My Developer Apps, Add App, type LTI 1.3 App",
			Fields: []Field{
				{"Name", "Greenroom", ""},
				{"Description", "", "as you like"},
				{"Privacy", "", "what Schoology tells of people"},
				{"Deep Linking, AGS, NRPS", "", "tick all three"},
				{"JWKS URL", KeySet, ""},
				{"Domain/URL", Launch, ""},
				{"OIDC Login Init URL", Login, ""},
				{"Redirect URLs", Launch, ""},
			},
			Then: []Text{"Install the app for your school: that gives the deployment ID. **API Info** shows the client ID."},
		}},
		Back:    back(p, "for everybody", "API Info of the app", "Of the installation", "for everybody", "for everybody", "for everybody"),
		After:   []Text{"Schoology refuses a whole score for a member that it does not know; Greenroom sends none.", addActivity, testIt},
		Unknown: []Text{"Which product code Schoology sends: choose **Schoology** on the connection's page."},
	}
}

func sakai() Guide {
	p := profile.Sakai()
	return Guide{
		Code: p.Code, Name: p.Name,
		Intro: "Sakai registers tools by itself from one URL, or by hand.",
		Ways: []Way{
			{
				Title: "Dynamic registration", Where: "Administration, External Tools",
				Steps: append(registering[:len(registering):len(registering)], "Paste it where Sakai asks for the tool's registration URL."),
			},
			{
				Title: "By hand", Where: "Administration, External Tools",
				Fields: []Field{
					{"Launch URL", Launch, ""},
					{"OIDC login URL", Login, ""},
					{"Redirect URL", Launch, ""},
					{"Keyset URL", KeySet, ""},
				},
			},
		},
		Back: back(p, "The address of the server", "Made for each tool", "Often `1`", "Ends with `/imsoidc/lti13/oidc_auth`",
			"`/imsblis/lti13/token/` and then the number of the tool", "`/imsblis/lti13/keyset`; in older versions followed by the number of the tool"),
		After:   []Text{addActivity, testIt},
		Unknown: []Text{"The exact labels of Sakai's form.", "The authentication request URL is known at second hand: take what your Sakai shows."},
	}
}

func openEdX() Guide {
	p := profile.OpenEdX()
	return Guide{
		Code: p.Code, Name: p.Name,
		Intro: "Open edX has no dynamic registration. The LTI consumer block is set up by hand, block by block or by a reusable configuration; before version 11 of the block each one is a registration of its own.",
		Ways: []Way{{
			Title: "By hand", Where: "an LTI consumer block of the course, or a reusable configuration",
			Fields: []Field{
				{"LTI version", "", "LTI 1.3"},
				{"Launch URL of the tool", Launch, ""},
				{"Login URL of the tool", Login, ""},
				{"Keyset URL of the tool", KeySet, "rather than a public key"},
			},
			Then: []Text{"Save. The block shows client ID, deployment ID, keyset URL, access token URL and login URL."},
		}},
		Back:    back(p, "The address of the LMS, not of Studio", "Of the block", "Usually `1` for every block", "Login URL of the block", "Access token URL of the block", "Keyset URL of the block"),
		After:   []Text{"Names and addresses are told only where the organisation allows it.", "Choose a window of its own: Open edX lends no storage to tools whose cookies are blocked.", addActivity, testIt},
		Unknown: []Text{"Which product code Open edX sends.", "The exact labels of the block's form."},
	}
}

func itslearning() Guide {
	p := profile.Itslearning()
	return Guide{
		Code: p.Code, Name: p.Name,
		Intro: "itslearning adds the tool to its app library for you: send the vendor these values. All schools share one client ID; best practice is a deployment ID for each.",
		Ways: []Way{{
			Title: "By the vendor",
			Fields: []Field{
				{"Login URI", Login, ""},
				{"Redirection URI", Launch, ""},
				{"Target Link URI", Launch, ""},
				{"JWK Set URI", KeySet, ""},
				{"Privacy level", "", "the default is anonymous: user ID and role only"},
				{"Open in", "", "a window"},
				{"Deep linking URI", Launch, ""},
			},
		}},
		Back:    back(p, "Told by itslearning", "Told by itslearning", "One for each school", "Told by itslearning", "Told by itslearning", "Told by itslearning"),
		After:   []Text{addActivity, testIt},
		Unknown: []Text{"The addresses of itslearning's endpoints.", "How far its grade and roster services go."},
	}
}

func corporate() Guide {
	p := profile.Corporate()
	return Guide{
		Code: p.Code, Name: "Corporate LMS (Cornerstone, Docebo, imc and others)",
		Intro: "LTI 1.3 is thinner in LMSes for companies: often no course, no roles and no roster, and a completion in place of a grade. Greenroom takes each activity without a course as a course of its own.",
		Ways: []Way{
			{
				Title: "Cornerstone", Where: "Edge Marketplace, Integrations, LTI tool provider",
				Fields: []Field{
					{"Login URL", Login, ""}, {"Target link URI", Launch, ""}, {"Public keyset URL", KeySet, ""}, {"Redirect URI", Launch, ""},
				},
				Then: []Text{"It gives client ID, deployment ID, issuer (the address of the portal) and keyset URL. Grades are used for completion; deep linking is optional."},
			},
			{
				Title: "imc Learning", Where: "External Tool LTI 1.3",
				Fields: []Field{
					{"Login URL", Login, ""}, {"Redirect URL", Launch, "optional"}, {"Target URL", Launch, ""}, {"Deep link URL", Launch, ""},
					{"JWKS URL", KeySet, "or a public key in PEM, which the settings page offers for download"},
				},
				Then: []Text{"It gives a number as client ID and one deployment ID. Its issuer may be a bare host name: that is accepted, with a warning."},
			},
			{
				Title: "Docebo", Where: "Central repository, as a superadmin",
				Steps: []Text{
					"LTI 1.3 content is added in the central repository, not in a course. Which LTI version is used is decided by the tool.",
					"Its documentation asks for LTI 1.1 where tests are concerned: do not count on grades.",
				},
			},
		},
		Back: back(p, "The address of the portal, or a bare host name", "As shown", "As shown; often one for all", "Ask the vendor if it is not shown", "Ask the vendor if it is not shown", "As shown"),
		After: []Text{
			"Choose a window of its own for the tool.",
			"If the LMS sends no user ID, let anonymous launches in on the connection's page: people can practise, and nothing is graded.",
			addActivity, testIt,
		},
		Unknown: []Text{
			"Whether TalentLMS, Absorb, SAP SuccessFactors Learning, 360Learning and LearnUpon take LTI 1.3 tools: we found no public statement. Ask the vendor first.",
			"Which endpoints Cornerstone and Docebo use for tokens.",
		},
	}
}

func generic() Guide {
	p := profile.Generic()
	return Guide{
		Code: p.Code, Name: p.Name,
		Intro: "Any LMS that takes LTI 1.3 tools asks for some of these.",
		Ways: []Way{
			{
				Title:  "Dynamic registration",
				Steps:  registering,
				Fields: []Field{{"Dynamic Registration URL, Register from URL or the like", Registration, ""}},
			},
			{
				Title: "By hand",
				Fields: []Field{
					{"Tool URL, Launch URL or Target Link URI", Launch, ""},
					{"Redirect URI(s)", Launch, ""},
					{"Initiate login URL or OIDC login URL", Login, ""},
					{"Public keyset URL or JWKS URL of the tool", KeySet, ""},
					{"OpenID configuration", OpenID, "where one URL is all that is asked for"},
					{"LTI version", "", "LTI 1.3"},
				},
			},
		},
		Back: back(p, "Usually the address of the site", "As shown", "As shown", "The OIDC authorization endpoint", "The token endpoint", "The JWKS address of the LMS"),
		After: []Text{
			"Switch on Assignment and Grade Services if grades are to arrive.",
			"Choose a new window where the LMS is on another domain than Greenroom.",
			addActivity, testIt,
		},
	}
}
