//! The parameters of paths, as the OpenAPI document tells of them.

use utoipa::IntoParams;

/// The path of a business group, with which those of all that it has begin.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct GroupPath {
    /// The business group
    pub id: String,
}

/// What follows in the path of an import.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ImportPath {
    /// The import
    pub import: String,
}

/// What follows in the path of a mapping.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MappingPath {
    /// The number, in E.164 or the default region's digits
    pub phone_number: String,
}

/// What follows in the path of a revision.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RevisionPath {
    /// The revision
    pub revision: i64,
}
