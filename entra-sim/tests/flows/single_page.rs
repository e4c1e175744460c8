//! Pages in a browser: who redeems what was given to one.

use serde_json::Value;

use crate::support::{
    BACK, DESKTOP, PAGE, PORTAL, SECRET, TENANT, authorize, client, code, number, redeem_as_page, redemption, simulator,
};

#[tokio::test]
async fn a_page_redeems_its_code_and_its_refresh_token_without_a_secret() {
    let simulator = simulator().await;
    for client_id in [PORTAL, DESKTOP] {
        let code = code(&simulator, &[("client_id", client_id), ("redirect_uri", PAGE)]).await;
        let answer = redeem_as_page(&simulator, client_id, &code).await;
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        let body: Value = answer.json().await.unwrap();
        let form = [
            ("client_id", client_id),
            ("grant_type", "refresh_token"),
            ("refresh_token", body["refresh_token"].as_str().unwrap()),
        ];
        let url = format!("{}/{TENANT}/oauth2/v2.0/token", simulator.http_base());
        let refresh = || client().post(&url).form(&form);
        assert_eq!(refresh().header("origin", "http://localhost:4711").send().await.unwrap().status(), 200);
        if client_id == DESKTOP {
            assert_eq!(number(refresh().send().await.unwrap()).await, 9_002_327);
        }
    }
}

#[tokio::test]
async fn nobody_but_a_page_redeems_what_was_given_to_one() {
    let simulator = simulator().await;
    let url = format!("{}/{TENANT}/oauth2/v2.0/token", simulator.http_base());
    let portal = [("client_id", PORTAL), ("client_secret", SECRET)];
    for more in [&[("client_id", DESKTOP)][..], &portal] {
        let code = code(&simulator, &[("client_id", more[0].1), ("redirect_uri", PAGE)]).await;
        let form = redemption(&code);
        let form = form.into_iter().filter(|(name, _)| !["client_id", "redirect_uri"].contains(name));
        let form: Vec<_> = form.chain(more.iter().copied()).chain([("redirect_uri", PAGE)]).collect();
        let answer = client().post(&url).form(&form).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), number(answer).await), (400, 9_002_327));
    }
}

#[tokio::test]
async fn a_page_redeems_nothing_that_was_not_given_to_one() {
    let simulator = simulator().await;
    let url = format!("{}/{TENANT}/oauth2/v2.0/token", simulator.http_base());
    for client_id in [PORTAL, DESKTOP] {
        let code = code(&simulator, &[("client_id", client_id), ("redirect_uri", BACK)]).await;
        let form = redemption(&code);
        let form = form.into_iter().filter(|(name, _)| *name != "client_id");
        let form: Vec<_> = form.chain([("client_id", client_id)]).collect();
        let answer = client().post(&url).form(&form).header("origin", "http://localhost:4711").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), number(answer).await), (400, 9_002_326));
    }
    let own = [("client_id", PORTAL), ("grant_type", "client_credentials"), ("scope", "User.Read/.default")];
    let answer = client().post(&url).form(&own).header("origin", "http://localhost:4711").send().await.unwrap();
    assert_eq!(number(answer).await, 9_002_326);
}

#[tokio::test]
async fn a_page_asks_with_a_code_challenge() {
    let simulator = simulator().await;
    let more = [("redirect_uri", PAGE), ("code_challenge", ""), ("code_challenge_method", "")];
    assert_eq!(number(authorize(&simulator, &more).await).await, 9_002_325);
}
