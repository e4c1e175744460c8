//! Admin consent.

use crate::support::{BACK, PORTAL, TENANT, client, link_for, location, parameter, simulator};

#[tokio::test]
async fn only_an_administrator_consents_for_the_organization() {
    let simulator = simulator().await;
    let base = simulator.http_base();
    let consent = async |name: &str| {
        let query = [("client_id", PORTAL), ("redirect_uri", BACK), ("scope", "x/.default"), ("state", "s")];
        let page = client().get(format!("{base}/organizations/v2.0/adminconsent")).query(&query);
        let page = page.send().await.unwrap().text().await.unwrap();
        location(&client().get(format!("{base}{}", link_for(&page, name))).send().await.unwrap())
    };
    let good = consent("Ada Admin").await;
    assert_eq!(parameter(&good, "admin_consent").as_deref(), Some("True"));
    assert_eq!(parameter(&good, "tenant").as_deref(), Some(TENANT));
    assert_eq!(parameter(&consent("John Davidson").await, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&consent("Cancel").await, "error").as_deref(), Some("consent_required"));
}
