//! Which calls the log tells of.

use entra_sim::{Config, Simulator};
use reqwest::Method;
use serde_json::{Value, json};
use test_support::app::{TENANT, applications};
use test_support::database::TestDatabase;

use crate::support::{Serving, client, operator_key};

const USER: &str = "bobsmith@abccompany.com";

/// What the log tells of calls of `/v1/me`, one good and one refused: level and status.
async fn logged_calls(variables: &[(&str, &str)]) -> Vec<(String, u64)> {
    let entra = Simulator::start(Config::sample()).await.unwrap();
    let database = TestDatabase::sqlite();
    let (secret, applications) = (operator_key(database.url()), applications(&entra));
    let fixed = [
        ("SIGNLINE_DATABASE_URL", database.url()),
        ("SIGNLINE_AUTHORITY", entra.http_base()),
        ("SIGNLINE_APPLICATIONS", applications.as_str()),
    ];
    let serving = Serving::start(&[&fixed[..], variables].concat());
    let set_up = async |method: Method, path: &str, body: Value| {
        let call = client().request(method, format!("{}{path}", serving.base)).bearer_auth(&secret);
        call.json(&body).send().await.unwrap().error_for_status().unwrap();
    };
    let range = json!({"first": "+17635550000", "last": "+17635559999"});
    let group = json!({"id": "abccompany", "name": "ABC", "number_ranges": [range]});
    set_up(Method::POST, "/v1/business-groups", group).await;
    set_up(Method::PUT, "/v1/business-groups/abccompany/tenant", json!({"tenant_id": TENANT})).await;
    let mapping = "/v1/business-groups/abccompany/mappings/+17635551111";
    set_up(Method::PUT, mapping, json!({"email": USER})).await;
    let good = entra.token(TENANT, USER, "portal").unwrap().mint();
    for (token, status) in [(good.as_str(), 200), ("nonsense", 401)] {
        let call = client().get(format!("{}/v1/me", serving.base)).bearer_auth(token);
        assert_eq!(call.send().await.unwrap().status(), status);
    }
    let (_, _, log) = serving.terminate();
    let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_route = events.filter(|event| event["message"] == "answered" && event["route"] == "/v1/me");
    of_route.map(|event| (event["level"].as_str().unwrap().to_owned(), event["status"].as_u64().unwrap())).collect()
}

#[tokio::test]
async fn a_sign_in_that_goes_well_is_told_at_debug_and_any_other_at_info() {
    let refused = ("INFO".to_owned(), 401);
    assert_eq!(logged_calls(&[]).await, std::slice::from_ref(&refused));
    let filter = "info,signline::http::observe=debug";
    assert_eq!(logged_calls(&[("SIGNLINE_LOG", filter)]).await, [("DEBUG".to_owned(), 200), refused]);
}
