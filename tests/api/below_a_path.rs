//! The service behind a proxy that serves it below a path, and takes that off.

use reqwest::{Client, Method, redirect};
use serde_json::json;
use signline::domain::public_url::PublicUrl;
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;
use test_support::prefix_proxy::PrefixProxy;

use crate::support::{json, text};

const PREFIX: &str = "/phone/signline";

/// Every address that an answer leads to has the path, and leads back to the service.
#[tokio::test]
async fn below_a_path_every_address_that_is_told_leads_back_to_the_service() {
    let proxy = PrefixProxy::start(PREFIX).await;
    let public = format!("http://localhost:{}{PREFIX}", proxy.port);
    let app = TestApp::start_with(Engine::Sqlite, |settings| {
        settings.public_url = Some(PublicUrl::parse(&format!("{public}/")).unwrap());
    })
    .await;
    proxy.lead_to(app.base.strip_prefix("http://").unwrap().parse().unwrap());
    let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
    let origin = format!("http://127.0.0.1:{}", proxy.port);
    let call =
        |method: Method, path: &str| client.request(method, format!("{origin}{path}")).bearer_auth(&app.operator);
    let get = async |path: &str| call(Method::GET, path).send().await.unwrap();
    let below = |path: &str| format!("{PREFIX}{path}");

    for page in ["/console", "/docs"] {
        let answer = get(&below(page)).await;
        let location = answer.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(location, below(&format!("{page}/")));
        assert!(text(get(&location).await, 200).await.contains("<!"), "{page}");
    }
    let setup = text(get(&below("/docs/swagger-initializer.js")).await, 200).await;
    assert!(setup.contains("\"../openapi.json\""), "{setup}");

    let group = json!({"id": "abccompany", "name": "ABC Company",
        "number_ranges": [{"first": "+17635550000", "last": "+17635559999"}]});
    let created = call(Method::POST, &below("/v1/business-groups")).json(&group).send().await.unwrap();
    assert_eq!(created.status(), 201);
    let location = created.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(json(get(&location).await, 200).await["id"], "abccompany");
    let upload = call(Method::POST, &below("/v1/business-groups/abccompany/imports"));
    let upload = upload.header("content-type", "text/csv").body(SAMPLE_SHEET).send().await.unwrap();
    assert_eq!(upload.status(), 201);
    let location = upload.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(json(get(&location).await, 200).await["state"], "ready");

    let tenant = json!({"tenant_id": TENANT});
    let linked = call(Method::PUT, &below("/v1/business-groups/abccompany/tenant")).json(&tenant).send().await.unwrap();
    assert_eq!(linked.status(), 200);
    let consents = json(get(&below("/v1/business-groups/abccompany/consent")).await, 200).await;
    let link = url::Url::parse(consents["items"][0]["link"].as_str().unwrap()).unwrap();
    let back = link.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
    assert_eq!(back, format!("{public}/v1/consent/callback"));
    let returned = get(&below("/v1/consent/callback?state=x")).await;
    let location = returned.headers()["location"].to_str().unwrap();
    assert!(location.starts_with(&below("/console/#/consented")), "{location}");

    let sheet =
        call(Method::GET, &below("/v1/audit-events?limit=1")).header("accept", "text/csv").send().await.unwrap();
    let next = sheet.headers()["link"].to_str().unwrap().to_owned();
    let next = next.strip_prefix('<').and_then(|rest| rest.split_once('>')).unwrap().0;
    assert!(next.starts_with(PREFIX), "{next}");
    assert_eq!(get(next).await.status(), 200);

    let problem = json(get(&below("/v1/nothing")).await, 404).await;
    assert_eq!(problem["type"], "/problems/not-found", "a name, and no address");

    let page =
        async |path: &str| text(call(Method::GET, path).header("accept", "text/html").send().await.unwrap(), 200).await;
    let list = url::Url::parse(&format!("{origin}{}", below("/problems"))).unwrap();
    let link = "problems/import-rejected";
    assert!(page(list.path()).await.contains(&format!("href=\"{link}\"")));
    let explained = list.join(link).unwrap();
    assert_eq!(explained.path(), below("/problems/import-rejected"));
    let link = "../problems#import-codes";
    assert!(page(explained.path()).await.contains(&format!("href=\"{link}\"")));
    assert_eq!(explained.join(link).unwrap().path(), list.path());
}
