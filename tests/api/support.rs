//! What the cases say about answers.

use reqwest::Response;
use serde_json::Value;

/// The JSON of an answer with this status.
pub(crate) async fn json(answer: Response, status: u16) -> Value {
    let found = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The problem of an answer, which must be of this status and kind, and whole.
pub(crate) async fn problem(answer: Response, status: u16, slug: &str) -> Value {
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let request_id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem = json(answer, status).await;
    assert_eq!(problem["type"], format!("/problems/{slug}"), "{problem}");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["request_id"], request_id);
    for member in ["title", "detail"] {
        assert!(!problem[member].as_str().unwrap().is_empty(), "{problem}");
    }
    problem
}

/// The text of an answer with this status.
pub(crate) async fn text(answer: Response, status: u16) -> String {
    let found = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    text
}
