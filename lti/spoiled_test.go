package lti_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

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
