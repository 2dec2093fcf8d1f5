//! Logs and figures: JSON lines without personal data, one trace id per request, and what
//! Prometheus asks for.

mod gauges;
mod metrics;

use std::cell::RefCell;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

pub use gauges::{Waiting, look};
pub use metrics::{Metrics, RouteLabels, StatusLabels, WordLabels};

tokio::task_local! {
    /// The id of the request that is being handled on this task.
    pub static TRACE: RefCell<String>;
}

/// The id of the request that is being handled, or an empty text outside of one.
pub fn trace_id() -> String {
    TRACE.try_with(|id| id.borrow().clone()).unwrap_or_default()
}

/// Starts the log: JSON on stderr in production, short lines for a person's terminal.
pub fn start(filter: &str, json: bool) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE);
    // A second start happens only in tests, where the first one's log is as good.
    let started = if json {
        log.json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init()
    } else {
        log.compact().with_target(false).try_init()
    };
    if let Err(error) = started {
        tracing::debug!(%error, "the log was started before");
    }
}

/// The text without runs of digits or letters long enough to be a phone number, an openid or a
/// token: error texts of databases quote values.
pub fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    let flush = |run: &mut String, out: &mut String| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        let secret = digits >= 7 || run.len() >= 24;
        out.push_str(if secret { "***" } else { run });
        run.clear();
    };
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
            run.push(c);
        } else {
            flush(&mut run, &mut out);
            out.push(c);
        }
    }
    flush(&mut run, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_openids_and_tokens_are_cut_out_of_error_texts() {
        assert_eq!(
            redact("duplicate key (phone)=(13800138000)"),
            "duplicate key (phone)=(***)"
        );
        assert_eq!(
            redact("openid o6_bmjrPTlm6_2sgVt7hMZOPfL2M refused"),
            "openid *** refused"
        );
        assert_eq!(redact("no such table: member"), "no such table: member");
    }
}
