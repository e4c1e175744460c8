//! The authorize endpoint: what it takes, refuses and sends back.

use url::Url;

use crate::support::{
    API, BACK, DESKTOP, PORTAL, TENANT, authorize, authorize_query, client, code, link_for, location, number,
    parameter, pick, post, redemption, simulator, token,
};

#[tokio::test]
async fn a_bad_request_is_told_on_a_page_and_never_sent_to_the_address_it_names() {
    let simulator = simulator().await;
    for more in [
        [("client_id", "0c11e470-1111-4222-8333-999999999999")],
        [("redirect_uri", "https://evil.example/")],
        [("redirect_uri", "http://localhost.evil.example/")],
    ] {
        let answer = authorize(&simulator, &more).await;
        assert_eq!(answer.status(), 400);
        assert!(answer.headers().get("location").is_none());
        assert!(answer.text().await.unwrap().contains("AADSTS"));
    }
}

#[tokio::test]
async fn a_refusal_goes_back_to_the_application() {
    let simulator = simulator().await;
    let declined = location(&pick(&simulator, "Cancel", &[]).await);
    assert_eq!(parameter(&declined, "error").unwrap(), "access_denied");
    let silent = location(&authorize(&simulator, &[("prompt", "none")]).await);
    assert_eq!(parameter(&silent, "error").unwrap(), "login_required");
    assert!(parameter(&silent, "error_description").unwrap().starts_with("AADSTS50058"));
}

#[tokio::test]
async fn a_request_may_be_posted_to_authorize() {
    let simulator = simulator().await;
    let path = format!("{TENANT}/oauth2/v2.0/authorize?client_id={DESKTOP}&state=old");
    let form = authorize_query(&[("state", "new")]);
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = post(&simulator, &path, &form).await.text().await.unwrap();
    let picked = client().get(format!("{}{}", simulator.http_base(), link_for(&page, "Bob Smith")));
    let back = location(&picked.send().await.unwrap());
    assert_eq!(parameter(&back, "state").unwrap(), "new");
    let code = parameter(&back, "code").unwrap();
    assert!(token(&simulator, &redemption(&code)).await.is_ok());
}

#[tokio::test]
async fn an_authorize_request_that_lacks_something_or_contradicts_itself_is_refused() {
    let simulator = simulator().await;
    for (more, expected) in [
        (&[("client_id", "")][..], 90014),
        (&[("redirect_uri", "")], 90014),
        (&[("response_type", "")], 90014),
        (&[("response_type", "code token")], 700_051),
        (&[("response_type", "id_token")], 90014),
        (&[("response_type", "id_token"), ("nonce", "n"), ("response_mode", "query")], 70007),
        (&[("response_mode", "pigeon")], 70007),
        (&[("scope", "")], 90014),
        (&[("code_challenge_method", "S512")], 9_002_313),
        (&[("code_challenge", "short")], 501_491),
    ] {
        assert_eq!(number(authorize(&simulator, more).await).await, expected, "{more:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_back_that_was_not_sent() {
    let simulator = simulator().await;
    for name in ["Bob Smith", "Cancel"] {
        let back = location(&pick(&simulator, name, &[("state", "")]).await);
        assert_eq!(parameter(&back, "state"), None, "{back}");
    }
    let query = [("client_id", PORTAL), ("redirect_uri", BACK), ("sim_user", "0b0b0b0b-0000-4000-8000-000000000004")];
    let url = format!("{}/{TENANT}/v2.0/adminconsent", simulator.http_base());
    let back = location(&client().get(url).query(&query).send().await.unwrap());
    assert_eq!((parameter(&back, "tenant").as_deref(), parameter(&back, "scope")), (Some(TENANT), None));
    assert_eq!(parameter(&back, "state"), None);
}

#[tokio::test]
async fn a_form_is_posted_back_when_asked_for() {
    let simulator = simulator().await;
    let page = pick(&simulator, "Bob Smith", &[("response_mode", "form_post")]).await.text().await.unwrap();
    assert!(page.contains(&format!("<form method=\"post\" action=\"{BACK}\">")));
    assert!(page.contains("name=\"state\" value=\"s&amp;&lt;&gt;&quot; =\""));
    let more = [("response_type", "id_token"), ("nonce", "n")];
    let back = location(&pick(&simulator, "Bob Smith", &more).await);
    assert!(Url::parse(&back).unwrap().fragment().unwrap().starts_with("id_token="));
}

#[tokio::test]
async fn a_scope_is_one_that_an_api_has() {
    let simulator = simulator().await;
    let unknown_api = "api://11111111-0000-4000-8000-000000000001/X";
    let two = format!("api://{API}/Line.Read {PORTAL}/.default");
    for (scope, error, expected) in [
        (unknown_api, "invalid_resource", 500_011),
        ("11111111-0000-4000-8000-000000000001/.default", "invalid_resource", 500_011),
        ("api://line/Line.Read", "invalid_resource", 500_011),
        (&format!("api://{API}/Nope"), "invalid_scope", 70011),
        ("Line.Read", "invalid_scope", 70011),
        ("opneid", "invalid_scope", 70011),
        (&two, "invalid_scope", 28000),
    ] {
        let back = location(&authorize(&simulator, &[("scope", scope)]).await);
        assert_eq!(parameter(&back, "error").as_deref(), Some(error), "{scope}");
        let form = [("client_id", DESKTOP), ("scope", scope)];
        let answer = post(&simulator, &format!("{TENANT}/oauth2/v2.0/devicecode"), &form).await;
        assert_eq!((answer.status().as_u16(), number(answer).await), (400, expected), "{scope}");
    }
    for scope in ["User.Read", "https://graph.microsoft.com/.default"] {
        let code = code(&simulator, &[("scope", scope)]).await;
        let body = token(&simulator, &redemption(&code)).await.unwrap();
        assert!(!body["access_token"].as_str().unwrap().contains('.'));
    }
}
