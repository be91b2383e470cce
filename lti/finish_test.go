package lti_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

func TestLaunchPasses(t *testing.T) {
	a := newAttempt(t)
	launch, err := a.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(launch.Passed, lti.Checks()) {
		t.Errorf("passed %v, want all", launch.Passed)
	}
	if launch.Subject != "u1" || launch.ResourceLink.ID != "link-1" || launch.DeploymentID != "d1" || launch.NewDeployment {
		t.Errorf("launch %+v", launch)
	}
	if launch.StateID != a.started.Pending.ID || launch.Nonce != a.started.Pending.Nonce || launch.TargetLinkURI != target {
		t.Errorf("login's values are lost: %+v", launch)
	}
	if len(launch.Claims) == 0 || !launch.IssuedAt.Equal(now) || !launch.Expires.Equal(now.Add(time.Minute)) {
		t.Errorf("token's values are lost: %+v", launch)
	}
}

// Each row spoils one thing in a launch that would pass.
var spoiledLaunches = map[string]struct {
	spoil func(*attempt)
	want  lti.Check
}{
	"CERT-B01 header without kid":           {func(a *attempt) { delete(a.header, "kid") }, lti.CheckKey},
	"CERT-B02 kid of no key":                {func(a *attempt) { a.header["kid"] = "k2" }, lti.CheckKey},
	"CERT-B03 version 11.3":                 {with(claim+"version", "11.3"), lti.CheckVersion},
	"CERT-B03 version 1.2.0":                {with(claim+"version", "1.2.0"), lti.CheckVersion},
	"CERT-B03 version 1.3.1":                {with(claim+"version", "1.3.1"), lti.CheckVersion},
	"CERT-B03 version as number":            {with(claim+"version", 1.3), lti.CheckVersion},
	"CERT-B04 no version":                   {without(claim + "version"), lti.CheckVersion},
	"CERT-B05 other JSON, signed":           {func(a *attempt) { a.bodyJSON = `{"name":"badltilaunch"}` }, lti.CheckIssuer},
	"CERT-B05 plain text, signed":           {func(a *attempt) { a.bodyJSON = `bad launch` }, lti.CheckClaims},
	"CERT-B05 plain text, no JWT":           {func(a *attempt) { a.token = constant("badltilaunch") }, lti.CheckToken},
	"CERT-B05 JSON array, signed":           {func(a *attempt) { a.bodyJSON = `["bad"]` }, lti.CheckClaims},
	"CERT-B05 null, signed":                 {func(a *attempt) { a.bodyJSON = `null` }, lti.CheckClaims},
	"CERT-B06 only what OpenID asks for":    {spoils(without(claim+"version"), without(claim+"message_type"), without(claim+"deployment_id"), without(claim+"roles"), without(claim+"resource_link"), without(claim+"target_link_uri")), lti.CheckVersion},
	"CERT-B07 exp in the past":              {expired, lti.CheckExpiry},
	"CERT-B07 iat in the future":            {spoils(with("iat", now.Add(time.Hour).Unix()), with("exp", now.Add(2*time.Hour).Unix())), lti.CheckIssuedAt},
	"CERT-B07 exp before iat":               {spoils(with("iat", now.Unix()), with("exp", now.Add(-time.Second).Unix())), lti.CheckExpiry},
	"CERT-B07 exp as string":                {with("exp", fmt.Sprint(now.Add(time.Minute).Unix())), lti.CheckExpiry},
	"CERT-B07 iat as string":                {with("iat", fmt.Sprint(now.Unix())), lti.CheckIssuedAt},
	"CERT-B07 no exp":                       {without("exp"), lti.CheckExpiry},
	"CERT-B07 no iat":                       {without("iat"), lti.CheckIssuedAt},
	"CERT-B08 no message type":              {without(claim + "message_type"), lti.CheckMessageType},
	"CERT-B09 no roles":                     {without(claim + "roles"), lti.CheckRoles},
	"CERT-B09 roles null":                   {with(claim+"roles", nil), lti.CheckRoles},
	"CERT-B10 no deployment id":             {without(claim + "deployment_id"), lti.CheckDeployment},
	"CERT-B10 empty deployment id":          {with(claim+"deployment_id", ""), lti.CheckDeployment},
	"CERT-B11 no resource link":             {without(claim + "resource_link"), lti.CheckResourceLink},
	"CERT-B11 resource link without id":     {with(claim+"resource_link", map[string]any{"title": "x"}), lti.CheckResourceLink},
	"CERT-B11 resource link with empty id":  {with(claim+"resource_link", map[string]any{"id": ""}), lti.CheckResourceLink},
	"CERT-B11 resource link id as number":   {with(claim+"resource_link", map[string]any{"id": 7}), lti.CheckResourceLink},
	"CERT-B11 resource link as text":        {with(claim+"resource_link", "link-1"), lti.CheckResourceLink},
	"CERT-B11 resource link ID in capitals": {with(claim+"resource_link", map[string]any{"ID": "link-1"}), lti.CheckResourceLink},
	"CERT-B12 no sub":                       {without("sub"), lti.CheckSubject},
	"CERT-B12 empty sub":                    {with("sub", ""), lti.CheckSubject},
	"CERT-B12 sub as number":                {with("sub", 6), lti.CheckSubject},
	"CERT-B12 Sub in capitals":              {spoils(without("sub"), with("Sub", "u1")), lti.CheckSubject},

	"OWN-O12 no state":                        {func(a *attempt) { a.form["state"] = nil }, lti.CheckState},
	"OWN-O12 empty state":                     {func(a *attempt) { a.form.Set("state", "") }, lti.CheckState},
	"OWN-O12 unknown state":                   {func(a *attempt) { a.form.Set("state", strings.Repeat("A", 300)) }, lti.CheckState},
	"OWN-O12 state of 1 MB":                   {func(a *attempt) { a.form.Set("state", strings.Repeat("A", 1<<20)) }, lti.CheckState},
	"OWN-O12 state expired":                   {func(a *attempt) { a.at = now.Add(10 * time.Minute) }, lti.CheckState},
	"OWN-O13 other browser, no cookie":        {func(a *attempt) { a.cookies = func([]*http.Cookie) []*http.Cookie { return nil } }, lti.CheckBrowser},
	"OWN-O13 other browser, own cookie":       {func(a *attempt) { a.cookies = func(c []*http.Cookie) []*http.Cookie { c[0].Name += "x"; return c } }, lti.CheckBrowser},
	"OWN-O13 cookie with other secret":        {func(a *attempt) { a.cookies = func(c []*http.Cookie) []*http.Cookie { c[0].Value += "x"; return c } }, lti.CheckBrowser},
	"OWN-O15 launch URL of another workspace": {func(a *attempt) { a.launchURL = "https://tool.example/other" }, lti.CheckState},
	"OWN-O18 id_token by GET":                 {func(a *attempt) { a.method = http.MethodGet }, lti.CheckRequest},
	"OWN-O19 no id_token":                     {func(a *attempt) { a.form["id_token"] = nil }, lti.CheckRequest},

	"OWN-T01 alg none":                   {unsigned("none"), lti.CheckAlgorithm},
	"OWN-T01 alg None":                   {unsigned("None"), lti.CheckAlgorithm},
	"OWN-T01 alg NONE":                   {unsigned("NONE"), lti.CheckAlgorithm},
	"OWN-T01 empty signature":            {func(a *attempt) { a.token = func(s string) string { return s[:strings.LastIndex(s, ".")+1] } }, lti.CheckSignature},
	"OWN-T02 HS256 with the public key":  {hmacSigned, lti.CheckAlgorithm},
	"OWN-T02 HS256 allowed by mistake":   {spoils(hmacSigned, allow("RS256", "HS256", "none")), lti.CheckAlgorithm},
	"OWN-T03 RS384":                      {func(a *attempt) { a.header["alg"] = "RS384" }, lti.CheckAlgorithm},
	"OWN-T03 RS512":                      {func(a *attempt) { a.header["alg"] = "RS512" }, lti.CheckAlgorithm},
	"OWN-T03 PS256":                      {func(a *attempt) { a.header["alg"] = "PS256" }, lti.CheckAlgorithm},
	"OWN-T03 ES256":                      {func(a *attempt) { a.header["alg"] = "ES256" }, lti.CheckAlgorithm},
	"OWN-T03 alg in lower case":          {func(a *attempt) { a.header["alg"] = "rs256" }, lti.CheckAlgorithm},
	"OWN-T03 no alg":                     {func(a *attempt) { delete(a.header, "alg") }, lti.CheckAlgorithm},
	"OWN-T03 RS512 allowed, not used":    {spoils(func(a *attempt) { a.header["alg"] = "RS512" }, allow("RS512")), lti.CheckSignature},
	"OWN-T04 key in the header":          {foreignHeader, lti.CheckSignature},
	"OWN-T05 kid as path":                {func(a *attempt) { a.header["kid"] = "../../etc/passwd" }, lti.CheckKey},
	"OWN-T05 kid as SQL":                 {func(a *attempt) { a.header["kid"] = "' OR 1=1" }, lti.CheckKey},
	"OWN-T05 kid of 10 kB":               {func(a *attempt) { a.header["kid"] = strings.Repeat("k", 10<<10) }, lti.CheckKey},
	"OWN-T05 kid as array":               {func(a *attempt) { a.header["kid"] = []string{"k1"} }, lti.CheckKey},
	"OWN-T05 kid as number":              {func(a *attempt) { a.header["kid"] = 1 }, lti.CheckKey},
	"OWN-T05 kid with NUL":               {func(a *attempt) { a.header["kid"] = "k1\x00" }, lti.CheckKey},
	"OWN-T06 crit":                       {func(a *attempt) { a.header["crit"] = []string{"exp"} }, lti.CheckToken},
	"OWN-T06 b64 false":                  {func(a *attempt) { a.header["b64"] = false }, lti.CheckToken},
	"OWN-T06 zip":                        {func(a *attempt) { a.header["zip"] = "DEF" }, lti.CheckToken},
	"OWN-T06 JWE":                        {func(a *attempt) { a.token = func(s string) string { return s + ".AAAA.AAAA" } }, lti.CheckToken},
	"OWN-T07 payload changed":            {func(a *attempt) { a.token = swapPayload }, lti.CheckSignature},
	"OWN-T08 key of somebody else":       {func(a *attempt) { a.key = foreignKey() }, lti.CheckSignature},
	"OWN-T12 key for encryption":         {func(a *attempt) { a.keys[0]["use"] = "enc" }, lti.CheckKey},
	"OWN-T12 key of kty oct":             {func(a *attempt) { a.keys[0]["kty"] = "oct" }, lti.CheckKey},
	"OWN-T12 key of kty EC":              {func(a *attempt) { a.keys[0]["kty"] = "EC" }, lti.CheckKey},
	"OWN-T12 key for RSA-OAEP":           {func(a *attempt) { a.keys[0]["alg"] = "RSA-OAEP" }, lti.CheckKey},
	"OWN-T12 key that may only sign":     {func(a *attempt) { a.keys[0]["key_ops"] = []string{"sign"} }, lti.CheckKey},
	"OWN-T15 key of 1024 bits":           {func(a *attempt) { a.key = weakKey(); a.keys[0] = jwk("k1", &weakKey().PublicKey) }, lti.CheckKey},
	"OWN-T15 exponent 1":                 {func(a *attempt) { a.keys[0]["e"] = "AQ" }, lti.CheckKey},
	"OWN-T15 even exponent":              {func(a *attempt) { a.keys[0]["e"] = "AQAA" }, lti.CheckKey},
	"OWN-T16 other issuer":               {with("iss", "https://evil.example"), lti.CheckIssuer},
	"OWN-T16 issuer with a slash":        {with("iss", issuer+"/"), lti.CheckIssuer},
	"OWN-T16 issuer in capitals":         {with("iss", strings.ToUpper(issuer)), lti.CheckIssuer},
	"OWN-T16 no issuer":                  {without("iss"), lti.CheckIssuer},
	"OWN-T16 issuer as list":             {with("iss", []string{issuer}), lti.CheckIssuer},
	"OWN-T17 no audience":                {without("aud"), lti.CheckAudience},
	"OWN-T17 audience [client, other]":   {with("aud", []string{clientID, "other"}), lti.CheckAudience},
	"OWN-T17 [client, other], azp ours":  {spoils(with("aud", []string{clientID, "other"}), with("azp", clientID)), lti.CheckAudience},
	"OWN-T17 [client, other], azp other": {spoils(with("aud", []string{clientID, "other"}), with("azp", "other")), lti.CheckAudience},
	"OWN-T17 audience []":                {with("aud", []string{}), lti.CheckAudience},
	"OWN-T17 audience other":             {with("aud", "other"), lti.CheckAudience},
	"OWN-T17 audience as number":         {with("aud", 7), lti.CheckAudience},
	"OWN-T17 audience with a number":     {with("aud", []any{clientID, 7}), lti.CheckAudience},
	"OWN-T18 azp of another client":      {with("azp", "other"), lti.CheckAuthorizedParty},
	"OWN-T18 azp as number":              {with("azp", 1), lti.CheckAuthorizedParty},
	"OWN-T19 exp 5 minutes ago":          {expired, lti.CheckExpiry},
	"OWN-T19 iat an hour ahead":          {spoils(with("iat", now.Add(time.Hour).Unix()), with("exp", now.Add(2*time.Hour).Unix())), lti.CheckIssuedAt},
	"OWN-T19 iat a day old, exp valid":   {with("iat", now.Add(-24*time.Hour).Unix()), lti.CheckIssuedAt},
	"OWN-T19 nbf ahead":                  {with("nbf", now.Add(10*time.Minute).Unix()), lti.CheckNotBefore},
	"OWN-T19 nbf as text":                {with("nbf", "soon"), lti.CheckNotBefore},
	"OWN-T19 exp as float":               {with("exp", 1900000000.5), lti.CheckExpiry},
	"OWN-T19 exp 1e300":                  {with("exp", 1e300), lti.CheckExpiry},
	"OWN-T19 exp NaN as text":            {with("exp", "NaN"), lti.CheckExpiry},
	"OWN-T19 exp negative":               {with("exp", -1), lti.CheckExpiry},
	"OWN-T19 iat as float":               {with("iat", float64(now.Unix())+0.5), lti.CheckIssuedAt},
	"OWN-T19 iat true":                   {with("iat", true), lti.CheckIssuedAt},
	"OWN-T21 no nonce":                   {with("nonce", nil), lti.CheckNonce},
	"OWN-T21 empty nonce":                {with("nonce", ""), lti.CheckNonce},
	"OWN-T21 nonce as number":            {with("nonce", 5), lti.CheckNonce},
	"OWN-T22 nonce of nobody":            {with("nonce", "0123456789abcdef012345"), lti.CheckNonce},
	"OWN-T23 sub twice":                  {rawClaims(`"sub":"u2"`), lti.CheckClaims},
	"OWN-T23 sub twice, once escaped":    {rawClaims(`"s\u0075b":"u2"`), lti.CheckClaims},
	"OWN-T23 deployment twice":           {rawClaims(`"` + claim + `deployment_id":"d2"`), lti.CheckClaims},
	"OWN-T23 member twice, deep inside":  {rawClaims(`"x":[{"a":{"b":1,"b":2}}]`), lti.CheckClaims},
	"OWN-T23 kid twice":                  {func(a *attempt) { a.headerJSON = `{"alg":"RS256","kid":"k1","kid":"k1"}` }, lti.CheckToken},
	"OWN-T23 invalid UTF-8":              {rawClaims("\"x\":\"\xff\""), lti.CheckClaims},
	"OWN-T23 depth 10,000":               {rawClaims(`"x":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000)), lti.CheckClaims},
	"OWN-T23 depth 40":                   {rawClaims(`"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40)), lti.CheckClaims},
	"OWN-T23 5 MB":                       {func(a *attempt) { a.token = func(s string) string { return s + strings.Repeat("A", 5<<20) } }, lti.CheckToken},
	"OWN-T23 padding":                    {func(a *attempt) { a.token = func(s string) string { return s + "==" } }, lti.CheckToken},
	"OWN-T23 stray bits in base64url":    {func(a *attempt) { a.token = strayBit }, lti.CheckToken},
	"OWN-T23 line break":                 {func(a *attempt) { a.token = func(s string) string { return s[:20] + "\n" + s[20:] } }, lti.CheckToken},
	"OWN-T23 blank at the end":           {func(a *attempt) { a.token = func(s string) string { return s + " " } }, lti.CheckToken},
	"OWN-T23 extra segment":              {func(a *attempt) { a.token = func(s string) string { return s + ".AAAA" } }, lti.CheckToken},
	"OWN-T23 header is no object":        {func(a *attempt) { a.headerJSON = `"RS256"` }, lti.CheckToken},
	"OWN-T23 something behind the JSON":  {rawClaims(`"x":1}{"y":2`), lti.CheckClaims},

	"OWN-L01 unknown deployment":             {spoils(with(claim+"deployment_id", "d9"), noDeploymentAtLogin), lti.CheckDeployment},
	"OWN-L01 deployment in other case":       {spoils(with(claim+"deployment_id", "D1"), noDeploymentAtLogin), lti.CheckDeployment},
	"OWN-L03 not the deployment of login":    {spoils(with(claim+"deployment_id", "d2"), deployments("d1", "d2")), lti.CheckDeployment},
	"OWN-L05 deployment of 256":              {spoils(with(claim+"deployment_id", long(256)), noDeploymentAtLogin, deployments(long(256))), lti.CheckDeployment},
	"OWN-L05 sub of 256":                     {with("sub", long(256)), lti.CheckSubject},
	"OWN-L05 context id of 256":              {with(claim+"context", map[string]any{"id": long(256)}), lti.CheckClaims},
	"OWN-L05 resource link id of 256":        {with(claim+"resource_link", map[string]any{"id": long(256)}), lti.CheckResourceLink},
	"OWN-L23 sub with NUL":                   {with("sub", "u1\x00"), lti.CheckSubject},
	"OWN-L10 not the target of the login":    {with(claim+"target_link_uri", target+"?x=1"), lti.CheckTarget},
	"OWN-L10 no target":                      {without(claim + "target_link_uri"), lti.CheckTarget},
	"OWN-L10 target as number":               {with(claim+"target_link_uri", 1), lti.CheckTarget},
	"OWN-L11 foreign target":                 {with(claim+"target_link_uri", "https://evil.example/"), lti.CheckTarget},
	"OWN-L12 unknown message":                {with(claim+"message_type", "LtiStartProctoring"), lti.CheckMessageType},
	"OWN-L12 message in other case":          {with(claim+"message_type", "ltiresourcelinkrequest"), lti.CheckMessageType},
	"OWN-L17 roles as text":                  {with(claim+"roles", "Learner"), lti.CheckRoles},
	"OWN-L17 roles with a number":            {with(claim+"roles", []any{"Learner", 5}), lti.CheckRoles},
	"OWN-L17 roles with null":                {with(claim+"roles", []any{nil}), lti.CheckRoles},
	"OWN-L17 10,000 roles":                   {with(claim+"roles", slices.Repeat([]string{""}, 10000)), lti.CheckRoles},
	"OWN-L19 review by another learner":      {spoils(reviews, with(claim+"for_user", map[string]any{"user_id": "u2"})), lti.CheckForUser},
	"OWN-L20 review without for_user":        {spoils(reviews, without(claim+"for_user")), lti.CheckForUser},
	"OWN-L20 review of nobody":               {spoils(reviews, with(claim+"for_user", map[string]any{})), lti.CheckForUser},
	"OWN-L20 review without line item":       {spoils(reviews, with(claim+"for_user", map[string]any{"user_id": "u1"}), without(claimAGS)), lti.CheckForUser},
	"deep linking without settings":          {spoils(deepLinks, without(claimDL)), lti.CheckDeepLinking},
	"deep linking without return URL":        {spoils(deepLinks, with(claimDL, map[string]any{"accept_types": []string{"link"}, "accept_presentation_document_targets": []string{"window"}})), lti.CheckDeepLinking},
	"deep linking without types":             {spoils(deepLinks, with(claimDL, map[string]any{"deep_link_return_url": "https://lms.example/dl", "accept_presentation_document_targets": []string{"window"}})), lti.CheckDeepLinking},
	"OWN-D01 deep linking returns to http":   {spoils(deepLinks, returnsTo("http://lms.example/dl")), lti.CheckDeepLinking},
	"OWN-D01 deep linking returns to script": {spoils(deepLinks, returnsTo("javascript:alert(1)")), lti.CheckDeepLinking},
	"deep linking with foreign target":       {spoils(deepLinks, with(claim+"target_link_uri", "https://evil.example/")), lti.CheckTarget},
}

func TestSpoiledLaunches(t *testing.T) {
	for name, row := range spoiledLaunches {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			row.spoil(a)
			launch, err := a.run(t)
			refusal := wantRefusal(t, launch, err, row.want)
			if want := checksBefore(row.want); !slices.Equal(refusal.Passed, want) {
				t.Errorf("passed %v, want %v", refusal.Passed, want)
			}
			if verified := slices.Contains(refusal.Passed, lti.CheckSignature); (refusal.Verified != nil) != verified {
				t.Errorf("verified: %v, want %v", refusal.Verified != nil, verified)
			}
			if refusal.Internal {
				t.Error("blames us")
			}
			if a.fetched.count() > 2 {
				t.Errorf("%d calls", a.fetched.count())
			}
		})
	}
}

// Each row changes something in a launch that still passes.
var soundLaunches = map[string]struct {
	change func(*attempt)
	check  func(*lti.Launch) bool
}{
	"CERT-V01 instructor":        {with(claim+"roles", []string{string(lti.RoleInstructor)}), func(l *lti.Launch) bool { return l.Roles.Instructor() && !l.Roles.Learner() }},
	"CERT-V01 learner":           {nothing, func(l *lti.Launch) bool { return l.Roles.Learner() && !l.Roles.Instructor() }},
	"CERT-V02 several roles":     {with(claim+"roles", []string{"Learner", "Instructor"}), func(l *lti.Launch) bool { return l.Roles.Learner() && l.Roles.Instructor() }},
	"CERT-V03 short role":        {with(claim+"roles", []string{"Instructor"}), func(l *lti.Launch) bool { return slices.Equal(l.Roles, lti.Roles{lti.RoleInstructor}) }},
	"CERT-V04 unknown role":      {with(claim+"roles", []string{"https://example.com/roles#Wizard"}), func(l *lti.Launch) bool { return len(l.Roles) == 0 && len(l.RawRoles) == 1 }},
	"CERT-V05 no roles":          {with(claim+"roles", []string{}), func(l *lti.Launch) bool { return len(l.Roles) == 0 }},
	"CERT-V06 email only":        {with("email", "a@b.example"), func(l *lti.Launch) bool { return l.User == lti.User{Email: "a@b.example"} }},
	"CERT-V07 names only":        {spoils(with("given_name", "Ada"), with("family_name", "L")), func(l *lti.Launch) bool { return l.User == lti.User{GivenName: "Ada", FamilyName: "L"} }},
	"CERT-V08 only sub":          {nothing, func(l *lti.Launch) bool { return l.User == lti.User{} && l.Subject == "u1" }},
	"CERT-V09 email, no context": {with("email", "a@b.example"), func(l *lti.Launch) bool { return l.Context == nil }},
	"CERT-V10 only a resource link": {nothing, func(l *lti.Launch) bool {
		return l.Context == nil && l.Presentation == nil && l.LIS == nil && l.Custom == nil && l.Grades == nil
	}},
	"OWN-T04 x5u beside our key":          {func(a *attempt) { a.header["x5u"] = "https://evil.example"; a.header["jku"] = "https://evil.example" }, anything},
	"OWN-T11 key without alg":             {func(a *attempt) { delete(a.keys[0], "alg") }, anything},
	"OWN-T11 key without use":             {func(a *attempt) { delete(a.keys[0], "use") }, anything},
	"OWN-T12 EC key with the same kid":    {func(a *attempt) { a.keys = slices.Insert(a.keys, 0, map[string]any{"kty": "EC", "kid": "k1"}) }, anything},
	"OWN-T17 audience in a list":          {with("aud", []string{clientID}), anything},
	"OWN-T18 azp ours":                    {with("azp", clientID), anything},
	"OWN-T19 exp 30 seconds ago":          {spoils(with("exp", now.Add(-30*time.Second).Unix()), with("iat", now.Add(-90*time.Second).Unix())), anything},
	"OWN-T19 iat 30 seconds ahead":        {spoils(with("iat", now.Add(30*time.Second).Unix()), with("exp", now.Add(90*time.Second).Unix())), anything},
	"OWN-T19 nbf 30 seconds ahead":        {with("nbf", now.Add(30*time.Second).Unix()), anything},
	"no typ":                              {func(a *attempt) { delete(a.header, "typ") }, anything},
	"RS512 where it is allowed":           {spoils(allow("RS512"), rs512), anything},
	"OWN-L01 new deployment accepted":     {spoils(with(claim+"deployment_id", "d9"), noDeploymentAtLogin, acceptNew), func(l *lti.Launch) bool { return l.NewDeployment && l.DeploymentID == "d9" }},
	"OWN-L01 known deployment is not new": {acceptNew, func(l *lti.Launch) bool { return !l.NewDeployment }},
	"OWN-L05 ids of 255": {spoils(with("sub", long(255)), with(claim+"deployment_id", long(255)), noDeploymentAtLogin, deployments(long(255)),
		with(claim+"resource_link", map[string]any{"id": long(255)}), with(claim+"context", map[string]any{"id": long(255)})), func(l *lti.Launch) bool { return len(l.Context.ID) == 255 }},
	"OWN-L07 anonymous, where allowed": {spoils(without("sub"), anonymous), func(l *lti.Launch) bool { return l.Subject == "" }},
	"OWN-L13 unknown claims":           {spoils(with("https://example.com/x", map[string]any{"a": []int{1}}), with("y", nil)), func(l *lti.Launch) bool { return len(l.Odd) == 0 }},
	"OWN-L13 context as text":          {with(claim+"context", "course"), odd(claim+"context: not a JSON object", func(l *lti.Launch) bool { return l.Context == nil })},
	"OWN-L13 custom as list":           {with(claim+"custom", []int{1}), odd(claim+"custom: not a JSON object", func(l *lti.Launch) bool { return l.Custom == nil })},
	"OWN-L13 custom values of all types": {with(claim+"custom", map[string]any{"n": 1.5, "b": true, "o": map[string]any{}, "z": nil, "s": ""}), odd(claim+"custom o: not a string", func(l *lti.Launch) bool {
		return len(l.Custom) == 3 && l.Custom["n"] == "1.5" && l.Custom["b"] == "true"
	})},
	"OWN-L13 name as number":           {with("name", 5), odd("name: not a string", func(l *lti.Launch) bool { return l.User.Name == "" })},
	"OWN-L13 grades as text":           {with(claimAGS, "x"), odd(claimAGS+": not a JSON object", func(l *lti.Launch) bool { return !l.Grades.Can(lti.ScopeScore) })},
	"OWN-L13 window of half a pixel":   {with(claim+"launch_presentation", map[string]any{"width": 1.5, "locale": "en"}), odd(claim+"launch_presentation width: not a whole number", func(l *lti.Launch) bool { return l.Presentation.Locale == "en" })},
	"OWN-L14 institution's instructor": {with(claim+"roles", []string{"http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"}), func(l *lti.Launch) bool { return !l.Roles.Instructor() && len(l.Roles) == 1 }},
	"OWN-L15 sub-role only":            {with(claim+"roles", []string{"http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"}), func(l *lti.Launch) bool { return l.Roles.Instructor() }},
	"OWN-L16 test user":                {with(claim+"roles", []string{"Learner", string(lti.RoleTestUser)}), func(l *lti.Launch) bool { return l.Roles.TestUser() && l.Roles.Learner() }},
	"OWN-L19 review of one's own":      {spoils(reviews, with(claim+"for_user", map[string]any{"user_id": "u1"})), func(l *lti.Launch) bool { return l.ForUser.UserID == "u1" }},
	"OWN-L19 review by a teacher":      {spoils(reviews, with(claim+"roles", []string{"Instructor"})), func(l *lti.Launch) bool { return l.ForUser.UserID == "u2" }},
	"OWN-L22 unresolved variable": {with(claim+"custom", map[string]any{"h": "$Context.id.history", "price": "$5", "d": "$"}), func(l *lti.Launch) bool {
		_, ok := l.Custom["h"]
		return !ok && l.Custom["price"] == "$5" && l.Custom["d"] == "$"
	}},
	"OWN-L23 NUL in a name": {with("name", "A\x00B"), func(l *lti.Launch) bool { return l.User.Name == "A\uFFFDB" }},
	"deep linking": {deepLinks, func(l *lti.Launch) bool {
		return l.DeepLinking.ReturnURL == "https://lms.example/dl" && l.ResourceLink == nil
	}},
	"deep linking without target or roles": {spoils(deepLinks, without(claim+"target_link_uri"), without(claim+"roles")), func(l *lti.Launch) bool { return l.TargetLinkURI == "" }},
	"deep linking keeps data":              {spoils(deepLinks, func(a *attempt) { a.claims[claimDL].(map[string]any)["data"] = "∂ata" }), func(l *lti.Launch) bool { return *l.DeepLinking.Data == "∂ata" }},
	"line item empty, as Moodle sends it":  {with(claimAGS, map[string]any{"scope": []string{lti.ScopeScore}, "lineitem": ""}), func(l *lti.Launch) bool { return l.Grades.LineItem == "" && l.Grades.Can(lti.ScopeScore) }},
	"login without deployment":             {noDeploymentAtLogin, anything},
	"a target judged by the caller":        {func(a *attempt) { a.tool.Hosts = hostIs("tool.example") }, anything},
}

func TestSoundLaunches(t *testing.T) {
	for name, row := range soundLaunches {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			row.change(a)
			launch, err := a.run(t)
			if err != nil {
				t.Fatal(err)
			}
			if !row.check(launch) {
				t.Errorf("launch %+v", launch)
			}
		})
	}
}

func TestPlatformErrors(t *testing.T) {
	for name, row := range map[string]struct {
		form map[string]string
		want string
	}{
		"OWN-O11 login required": {map[string]string{"error": "login_required", "error_description": "<b>no session</b>"}, "login_required"},
		"OWN-O11 code of Canvas": {map[string]string{"error": "launch_no_longer_valid"}, "launch_no_longer_valid"},
		"OWN-O11 code of nobody": {map[string]string{"error": "<script>"}, "unknown_error"},
		"OWN-O11 empty code":     {map[string]string{"error": ""}, "unknown_error"},
		"beside an id_token":     {map[string]string{"error": "access_denied"}, "access_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{http.MethodPost, http.MethodGet} {
				a := newAttempt(t)
				a.method = method
				for k, v := range row.form {
					a.form.Set(k, v)
				}
				launch, err := a.run(t)
				refusal := wantRefusal(t, launch, err, lti.CheckPlatformError)
				if refusal.Code != row.want || refusal.Registration != "r1" {
					t.Errorf("%s: code %q of %q", method, refusal.Code, refusal.Registration)
				}
			}
		})
	}
}

func TestPlatformErrorWithForeignState(t *testing.T) {
	a := newAttempt(t)
	a.form.Set("error", "login_required")
	a.form.Set("state", "foreign")
	launch, err := a.run(t)
	refusal := wantRefusal(t, launch, err, lti.CheckPlatformError)
	if refusal.Registration != "" || !slices.Equal(refusal.Passed, []lti.Check{lti.CheckRequest}) {
		t.Errorf("registration %q, passed %v", refusal.Registration, refusal.Passed)
	}
}

// OWN-O14: a state of one registration brings no token of another, though both
// are signed with the key that the issuer's clients share.
func TestMixUpIsRefused(t *testing.T) {
	other := registration()
	other.ID, other.ClientID = "r2", "client-2"
	a := newAttempt(t)
	a.registrations = append(a.registrations, other)
	a.claims["aud"] = "client-2"
	launch, err := a.run(t)
	wantRefusal(t, launch, err, lti.CheckAudience)
}

// OWN-L04: a registration that was switched off after the login.
func TestRegistrationGoneMeanwhile(t *testing.T) {
	a := newAttempt(t)
	a.begin(t)
	a.tool.Registrations = registrations{}
	launch, err := a.finish(t)
	if refusal := wantRefusal(t, launch, err, lti.CheckRegistration); refusal.Internal {
		t.Error("blames us")
	}
}

// A refused launch spends nothing: the same token passes once the cause is
// mended, and then never again (OWN-T21, OWN-O12).
func TestStateIsSpentBySuccessOnly(t *testing.T) {
	a := newAttempt(t)
	a.begin(t)
	a.tool.Registrations = registrations{func() lti.Registration { r := registration(); r.Deployments = nil; return r }()}
	launch, err := a.finish(t)
	wantRefusal(t, launch, err, lti.CheckDeployment)

	a.tool.Registrations = a.registrations
	if _, err := a.finish(t); err != nil {
		t.Fatal(err)
	}
	launch, err = a.finish(t)
	refusal := wantRefusal(t, launch, err, lti.CheckReplay)
	if !errors.Is(refusal, lti.ErrSpent) || refusal.Internal || refusal.Verified == nil {
		t.Errorf("refusal %+v", refusal)
	}
}

// OWN-O17: of a hundred at the same moment exactly one launches.
func TestOneOfManyLaunches(t *testing.T) {
	a := newAttempt(t)
	a.begin(t)
	var launched, replayed int
	var mu sync.Mutex
	var group sync.WaitGroup
	params, err := lti.NewParams(http.MethodPost, map[string][]string{"state": {queryOf(t, a.started.RedirectURL).Get("state")}, "id_token": {a.idToken()}})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		group.Go(func() {
			_, err := a.tool.FinishLaunch(t.Context(), params, []*http.Cookie{a.started.Cookie}, launchURL)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				launched++
			} else if errors.Is(err, lti.ErrSpent) {
				replayed++
			}
		})
	}
	group.Wait()
	if launched != 1 || replayed != 99 {
		t.Errorf("%d launched, %d replayed", launched, replayed)
	}
}

// OWN-O16: two tabs do not disturb each other.
func TestTwoTabs(t *testing.T) {
	one, two := newAttempt(t), newAttempt(t)
	two.tool = one.tool
	one.begin(t)
	two.begin(t)
	both := func([]*http.Cookie) []*http.Cookie { return []*http.Cookie{one.started.Cookie, two.started.Cookie} }
	one.cookies, two.cookies = both, both
	for _, a := range []*attempt{two, one} {
		if _, err := a.finish(t); err != nil {
			t.Error(err)
		}
	}
}

// brokenStates fail where the test says.
type brokenStates struct {
	lti.States
	open, spend error
}

func (s brokenStates) Open(state string) (lti.PendingLogin, error) {
	if s.open != nil {
		return lti.PendingLogin{}, s.open
	}
	return s.States.Open(state)
}

func (s brokenStates) Spend(context.Context, *lti.Launch) error { return s.spend }

// Trouble of our own refuses too, and says whose it is.
func TestOwnTrouble(t *testing.T) {
	down := errors.New("database is down")
	for name, row := range map[string]struct {
		spoil func(*attempt)
		want  lti.Check
	}{
		"opening fails":  {func(a *attempt) { a.tool.States = brokenStates{States: a.tool.States, open: down} }, lti.CheckState},
		"spending fails": {func(a *attempt) { a.tool.States = brokenStates{States: a.tool.States, spend: down} }, lti.CheckReplay},
		"finding fails":  {func(a *attempt) { a.tool.Registrations = brokenRegistrations{down} }, lti.CheckRegistration},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			a.begin(t)
			row.spoil(a)
			launch, err := a.finish(t)
			refusal := wantRefusal(t, launch, err, row.want)
			if !refusal.Internal || !errors.Is(refusal, down) {
				t.Errorf("refusal %+v", refusal)
			}
		})
	}
}

type brokenRegistrations struct{ err error }

func (b brokenRegistrations) Find(context.Context, string, string) ([]lti.Registration, error) {
	return nil, b.err
}

func (b brokenRegistrations) Registration(context.Context, string) (lti.Registration, error) {
	return lti.Registration{}, b.err
}

func TestEveryCheckHasAClauseAndATest(t *testing.T) {
	tested := map[lti.Check]bool{lti.CheckReplay: true, lti.CheckPlatformError: true, lti.CheckRegistration: true}
	for _, row := range spoiledLaunches {
		tested[row.want] = true
	}
	for _, check := range lti.Checks() {
		if check.Spec() == "" {
			t.Errorf("%q has no clause", check)
		}
		if !tested[check] {
			t.Errorf("%q has no spoiled launch", check)
		}
	}
}

// What the rows above are made of.

const (
	claimAGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
	claimDL  = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
)

func nothing(*attempt)               {}
func anything(*lti.Launch) bool      { return true }
func long(n int) string              { return strings.Repeat("x", n) }
func anonymous(a *attempt)           { a.registrations[0].AllowAnonymous = true }
func acceptNew(a *attempt)           { a.registrations[0].AcceptNewDeployments = true }
func noDeploymentAtLogin(a *attempt) { a.login.Del("lti_deployment_id") }

func constant(s string) func(string) string { return func(string) string { return s } }

func spoils(all ...func(*attempt)) func(*attempt) {
	return func(a *attempt) {
		for _, spoil := range all {
			spoil(a)
		}
	}
}

// expired is a token of six minutes ago that lived for one.
func expired(a *attempt) {
	a.claims["iat"], a.claims["exp"] = now.Add(-6*time.Minute).Unix(), now.Add(-5*time.Minute).Unix()
}

func allow(algorithms ...string) func(*attempt) {
	return func(a *attempt) { a.registrations[0].Algorithms = algorithms }
}

func deployments(ids ...string) func(*attempt) {
	return func(a *attempt) { a.registrations[0].Deployments = ids }
}

func odd(note string, check func(*lti.Launch) bool) func(*lti.Launch) bool {
	return func(l *lti.Launch) bool { return slices.Equal(l.Odd, []string{note}) && check(l) }
}

// rawClaims adds members to the claims as they are written.
func rawClaims(members string) func(*attempt) {
	return func(a *attempt) {
		a.claims["nonce"] = "NONCE"
		body := string(mustJSON(a.claims))
		a.bodyJSON = body[:len(body)-1] + "," + members + "}"
		delete(a.claims, "nonce")
	}
}

func unsigned(alg string) func(*attempt) {
	return func(a *attempt) {
		a.header["alg"] = alg
		a.token = func(s string) string { return s[:strings.LastIndex(s, ".")+1] }
	}
}

// hmacSigned takes the public key, which everybody has, for a shared secret.
func hmacSigned(a *attempt) {
	a.header["alg"] = "HS256"
	a.token = func(s string) string {
		signed := s[:strings.LastIndex(s, ".")]
		mac := hmac.New(sha256.New, mustJSON(a.keys[0]))
		mac.Write([]byte(signed))
		return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
}

func rs512(a *attempt) {
	a.header["alg"] = "RS512"
	a.token = func(s string) string {
		signed := s[:strings.LastIndex(s, ".")]
		sum := sha512.Sum512([]byte(signed))
		signature, err := rsa.SignPKCS1v15(nil, a.key, crypto.SHA512, sum[:])
		if err != nil {
			panic(err)
		}
		return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
}

// foreignHeader offers the attacker's own key to verify with.
func foreignHeader(a *attempt) {
	a.key = foreignKey()
	a.header["jwk"] = jwk("k1", &foreignKey().PublicKey)
	a.header["jku"], a.header["x5u"] = "https://evil.example/jwks", "https://evil.example/x5u"
	a.header["x5c"] = []string{"AAAA"}
}

func swapPayload(s string) string {
	parts := strings.Split(s, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		panic(err)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), `"u1"`, `"u2"`, 1)))
	return strings.Join(parts, ".")
}

// strayBit sets a bit of the last character that decodes to nothing. A
// signature of 256 bytes leaves four of them.
func strayBit(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, s[len(s)-1])
	return s[:len(s)-1] + string(alphabet[last|1])
}

func deepLinks(a *attempt) {
	a.claims[claim+"message_type"] = "LtiDeepLinkingRequest"
	delete(a.claims, claim+"resource_link")
	a.claims[claimDL] = map[string]any{
		"deep_link_return_url": "https://lms.example/dl", "accept_types": []string{"ltiResourceLink"},
		"accept_presentation_document_targets": []string{"iframe"},
	}
}

func returnsTo(url string) func(*attempt) {
	return func(a *attempt) { a.claims[claimDL].(map[string]any)["deep_link_return_url"] = url }
}

func reviews(a *attempt) {
	a.claims[claim+"message_type"] = "LtiSubmissionReviewRequest"
	a.claims[claim+"for_user"] = map[string]any{"user_id": "u2"}
	a.claims[claimAGS] = map[string]any{"lineitem": "https://lms.example/items/1"}
}
