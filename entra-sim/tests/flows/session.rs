//! Who is signed in, and until when.

use crate::support::{BACK, OTHER_TENANT, TENANT, authorize_query, client, location, parameter, pick, post, simulator};

#[tokio::test]
async fn who_signed_in_before_signs_in_silently() {
    let simulator = simulator().await;
    let answer = pick(&simulator, "Bob Smith", &[]).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let url = format!("{}/{TENANT}/oauth2/v2.0/authorize", simulator.http_base());
    let query = authorize_query(&[("prompt", "none")]);
    let silent = client().get(url).query(&query).header("cookie", cookie).send().await.unwrap();
    assert!(parameter(&location(&silent), "code").is_some());
}

#[tokio::test]
async fn nobody_signs_in_silently_who_is_not_meant() {
    let simulator = simulator().await;
    let answer = pick(&simulator, "Bob Smith", &[]).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let silent = async |tenant: &str, hint: &str| {
        let url = format!("{}/{tenant}/oauth2/v2.0/authorize", simulator.http_base());
        let query = authorize_query(&[("prompt", "none"), ("login_hint", hint)]);
        let answer = client().get(url).query(&query).header("cookie", &cookie).send().await.unwrap();
        parameter(&location(&answer), "error")
    };
    assert_eq!(silent(TENANT, "bobsmith@ABCcompany.com").await, None);
    assert_eq!(silent("common", "").await, None);
    assert_eq!(silent(TENANT, "johndavidson@abccompany.com").await.unwrap(), "login_required");
    assert_eq!(silent(OTHER_TENANT, "").await.unwrap(), "login_required");
}

#[tokio::test]
async fn a_session_ends_by_get_and_by_post() {
    let simulator = simulator().await;
    let path = format!("{TENANT}/oauth2/v2.0/logout");
    let url = format!("{}/{path}?post_logout_redirect_uri={BACK}&state=s", simulator.http_base());
    let form = [("post_logout_redirect_uri", BACK), ("state", "s")];
    for answer in [client().get(url).send().await.unwrap(), post(&simulator, &path, &form).await] {
        assert_eq!(location(&answer), format!("{BACK}?state=s"));
        assert!(answer.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    }
    let form = [("post_logout_redirect_uri", "https://evil.example/")];
    assert_eq!(post(&simulator, &path, &form).await.status(), 200);
}
