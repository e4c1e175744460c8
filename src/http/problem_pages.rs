//! `/problems`: what each kind of problem means and what to do about it, for people as a page and for programs as JSON.
//! The table of kinds has the words, and the codes of import files have theirs.

use std::sync::LazyLock;

use actix_web::http::header::{Accept, CONTENT_SECURITY_POLICY, Header, VARY};
use actix_web::{HttpRequest, HttpResponse, get, web};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;
use serde_json::Value;
use utoipa::{PartialSchema, ToSchema};

use crate::http::examples;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::responses::{ProblemDocument, ProblemSlug, ProblemType};
use crate::http::wire::ImportCode;
use crate::import::ProblemCode;

/// All kinds of problem, and all codes of import files.
#[derive(Serialize, ToSchema)]
pub struct ProblemDirectory {
    /// The kinds, by their status.
    problems: Vec<ProblemSummary>,
    /// The codes that a row of an import file can have, or the whole file: `code` of a problem in an `import-rejected`.
    import_codes: Vec<ImportCodeDescription>,
}

/// A kind of problem in short.
#[derive(Serialize, ToSchema)]
pub struct ProblemSummary {
    /// The `type` of such a problem.
    #[schema(value_type = ProblemType)]
    r#type: &'static str,
    /// The last part of the `type`; `/problems/` and the slug tells more.
    #[schema(value_type = ProblemSlug)]
    slug: &'static str,
    /// The HTTP status.
    status: u16,
    /// What the kind is called.
    title: &'static str,
}

/// A kind of problem.
#[derive(Serialize, ToSchema)]
pub struct ProblemDescription {
    /// The `type` of such a problem.
    #[schema(value_type = ProblemType)]
    r#type: &'static str,
    /// The last part of the `type`.
    #[schema(value_type = ProblemSlug)]
    slug: &'static str,
    /// The HTTP status.
    status: u16,
    /// What the kind is called.
    title: &'static str,
    /// What it means.
    meaning: &'static str,
    /// What to do about it.
    remedy: &'static str,
    /// The members that such a problem may have besides those of all problems.
    members: Vec<ProblemMember>,
    /// Such a problem.
    #[schema(value_type = ProblemDocument)]
    example: &'static Value,
}

/// A member that problems of a kind may have.
#[derive(Serialize, ToSchema)]
pub struct ProblemMember {
    /// Its name.
    name: &'static str,
    /// What it tells.
    meaning: &'static str,
}

/// A code of import files.
#[derive(Serialize, ToSchema)]
pub struct ImportCodeDescription {
    /// The code.
    code: ImportCode,
    /// What it means.
    meaning: &'static str,
    /// What to do about it.
    remedy: &'static str,
}

impl From<ProblemKind> for ProblemSummary {
    fn from(kind: ProblemKind) -> Self {
        Self { r#type: kind.type_uri(), slug: kind.slug(), status: kind.status().as_u16(), title: kind.title() }
    }
}

impl From<ProblemKind> for ProblemDescription {
    fn from(kind: ProblemKind) -> Self {
        let example = examples::of_schema(&ProblemDocument::name()).find(|(case, _)| *case == kind.slug());
        Self {
            r#type: kind.type_uri(),
            slug: kind.slug(),
            status: kind.status().as_u16(),
            title: kind.title(),
            meaning: kind.meaning(),
            remedy: kind.remedy(),
            members: kind.members().iter().map(|name| ProblemMember { name, meaning: member_meaning(name) }).collect(),
            example: example.map_or(&Value::Null, |(_, example)| example),
        }
    }
}

impl From<ProblemCode> for ImportCodeDescription {
    fn from(code: ProblemCode) -> Self {
        Self { code: code.into(), meaning: code.meaning(), remedy: code.remedy() }
    }
}

/// What the OpenAPI document says of a member.
fn member_meaning(name: &str) -> &'static str {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| serde_json::json!(ProblemDocument::schema()));
    SCHEMA["properties"][name]["description"].as_str().unwrap_or_default()
}

/// List the kinds of problem
///
/// Every `type` that an error can have, and every code that a row of an import file can have. A browser gets a page.
#[utoipa::path(
    operation_id = "listProblems",
    tag = "problems",
    security(()),
    responses((
        status = 200,
        content((ProblemDirectory = "application/json"), (String = "text/html")),
        description = "All kinds of problem, and all codes of import files"
    ))
)]
#[get("/problems")]
pub(crate) async fn list_problems(request: HttpRequest) -> HttpResponse {
    let directory = ProblemDirectory {
        problems: ProblemKind::ALL.iter().copied().map(ProblemSummary::from).collect(),
        import_codes: ProblemCode::ALL.iter().copied().map(ImportCodeDescription::from).collect(),
    };
    answer(&request, &directory, list_page)
}

/// Explain a kind of problem
///
/// What it means, what to do about it, which members it has, and an example. A browser gets a page.
#[utoipa::path(
    operation_id = "getProblem",
    tag = "problems",
    security(()),
    params(("slug" = String, Path, description = "The kind: the last part of a problem's `type`")),
    responses(
        (
            status = 200,
            content((ProblemDescription = "application/json"), (String = "text/html")),
            description = "The kind of problem"
        ),
        (status = 404, description = "`not-found`: there is no such kind of problem")
    )
)]
#[get("/problems/{slug}")]
pub(crate) async fn get_problem(slug: web::Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let kind = ProblemKind::ALL.iter().copied().find(|kind| kind.slug() == *slug);
    let unknown = || Problem::not_found("There is no such kind of problem. GET /problems lists all there are.");
    let description = ProblemDescription::from(kind.ok_or_else(unknown)?);
    Ok(answer(&request, &description, page_of))
}

/// JSON, or a page where that is what the caller would like best, as browsers do.
fn answer<T: Serialize>(request: &HttpRequest, told: &T, page: impl FnOnce(&T) -> Markup) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((VARY, "Accept"));
    if !prefers_html(request) {
        return response.json(told);
    }
    response.insert_header((CONTENT_SECURITY_POLICY, POLICY.as_str()));
    response.content_type("text/html; charset=utf-8").body(page(told).into_string())
}

fn prefers_html(request: &HttpRequest) -> bool {
    let best = Accept::parse(request).map(|accept| accept.preference());
    best.is_ok_and(|best| ["text/html", "application/xhtml+xml"].contains(&best.essence_str()))
}

/// How the pages look: the reader's own letters and colors, in lines that can be read.
const STYLE: &str = "\
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 50rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid; padding: 0.4rem 1rem 0.4rem 0; text-align: left; vertical-align: top }
code, pre { font-family: ui-monospace, monospace }
pre { border: 1px solid; overflow-x: auto; padding: 1rem }
";

/// Nothing but the page itself, and the style that it brings along.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " - Signline" }
                style { (PreEscaped(STYLE)) }
            }
            body { main { h1 { (title) } (content) } }
        }
    }
}

/// A text in which code stands between backticks.
fn text(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// What leads elsewhere is relative: a proxy may serve the service below a path.
fn list_page(directory: &ProblemDirectory) -> Markup {
    let content = html! {
        p { "Every error of the service is one of these. Its " code { "type" } " ends with the word in the first column, and its "
            code { "detail" } " says what went wrong this time." }
        table {
            thead { tr { th scope="col" { "Problem" } th scope="col" { "Status" } th scope="col" { "Title" } } }
            tbody {
                @for problem in &directory.problems {
                    tr {
                        th scope="row" { a href={ "problems/" (problem.slug) } { code { (problem.slug) } } }
                        td { (problem.status) }
                        td { (problem.title) }
                    }
                }
            }
        }
        h2 id="import-codes" { "Codes of import files" }
        p { "What is wrong with a row of a file, or with the whole file. Each has a line, a column, the value that stands there, and a message." }
        table {
            thead { tr { th scope="col" { "Code" } th scope="col" { "What it means" } th scope="col" { "What to do" } } }
            tbody {
                @for code in &directory.import_codes {
                    tr id=(code.code.as_str()) {
                        th scope="row" { code { (code.code.as_str()) } }
                        td { (text(code.meaning)) }
                        td { (text(code.remedy)) }
                    }
                }
            }
        }
    };
    page("Problems", &content)
}

fn page_of(problem: &ProblemDescription) -> Markup {
    let example = serde_json::to_string_pretty(problem.example).unwrap_or_default();
    let content = html! {
        p { code { (problem.slug) } ", HTTP status " (problem.status) }
        h2 { "What it means" }
        p { (text(problem.meaning)) }
        h2 { "What to do" }
        p { (text(problem.remedy)) }
        @if problem.slug == ProblemKind::ImportRejected.slug() {
            p { a href="../problems#import-codes" { "All codes of import files" } }
        }
        @if !problem.members.is_empty() {
            h2 { "Members of its own" }
            dl {
                @for member in &problem.members {
                    dt { code { (member.name) } }
                    dd { (text(member.meaning)) }
                }
            }
        }
        h2 { "Example" }
        pre tabindex="0" { code { (example) } }
        p { a href="../problems" { "All problems" } }
    };
    page(problem.title, &content)
}
