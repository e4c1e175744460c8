//! Tables in Markdown, printed row by row while the run goes on.

use std::io::{Write, stdout};
use std::time::Duration;

use crate::Result;

/// A table whose head is printed.
pub(crate) struct Table {
    columns: usize,
}

impl Table {
    /// Begins a table: the first column has names, the others have figures.
    pub(crate) fn begin(title: &str, head: &[&str]) -> Result<Self> {
        say(&format!("\n### {title}\n"))?;
        say(&format!("| {} |", head.join(" | ")))?;
        say(&format!("| --- |{}", " ---: |".repeat(head.len() - 1)))?;
        Ok(Self { columns: head.len() })
    }

    /// Prints a row; cells at its end may be left out.
    pub(crate) fn row(&self, name: &str, figures: &[String]) -> Result<()> {
        let missing = (self.columns - 1).saturating_sub(figures.len());
        say(&format!("| {name} | {}{} |", figures.join(" | "), " | ".repeat(missing)))
    }
}

pub(crate) fn say(text: &str) -> Result<()> {
    let mut out = stdout();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// A whole number with commas between thousands.
pub(crate) fn whole(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(crate) fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

pub(crate) fn mebibytes(figure: f64) -> String {
    format!("{figure:.0} MiB")
}

pub(crate) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
