//! The service as its callers meet it: the real server on a port, on both databases, with a simulated Entra.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]
#![expect(clippy::disallowed_methods, reason = "programs and servers run by the machine's own clock")]

mod access_tokens;
mod api_keys;
mod audit;
mod below_a_path;
mod business_groups;
mod consents;
mod console;
mod console_files;
mod cors;
mod document;
mod exports;
mod first_pins;
mod forward_auth;
mod history;
mod hostile_tokens;
mod imports;
mod introspection;
mod isolation;
mod keys;
mod limits;
mod look_up;
mod lost_rights;
mod mappings;
mod names;
mod openapi_tools;
mod operations;
mod people;
mod permissions;
mod pins;
mod previews;
mod problem_pages;
mod problems;
mod resolving;
mod seen_again;
mod sign_in_check;
mod snapshots;
mod stalled;
mod story;
mod support;
mod tenant_check;
mod tenants;
mod unproven_tenants;
mod workbooks;
