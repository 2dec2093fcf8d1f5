//! Logs and figures: JSON lines without personal data, one trace id per request, and what
//! Prometheus asks for.

mod gauges;
mod metrics;
#[cfg(feature = "otlp")]
mod otlp;

use std::cell::RefCell;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use crate::config;

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
    begin(filter, json, Vec::new());
}

/// Starts the log as it is configured, and the spans for a collector if there is one.
///
/// # Errors
/// When the collector's address is none.
pub fn start_configured(log: &config::Log) -> anyhow::Result<()> {
    begin(&log.filter, log.json, collectors(log)?);
    Ok(())
}

/// Sends what a collector has not heard yet, before the process ends; to be called where waiting is
/// allowed.
pub fn stop() {
    #[cfg(feature = "otlp")]
    otlp::stop();
}

type Listener = Box<dyn Layer<Registry> + Send + Sync>;

fn collectors(log: &config::Log) -> anyhow::Result<Vec<Listener>> {
    let endpoints = log.otlp_endpoint.iter();
    endpoints.map(|endpoint| collector(endpoint)).collect()
}

#[cfg(feature = "otlp")]
fn collector(endpoint: &str) -> anyhow::Result<Listener> {
    Ok(otlp::layer(endpoint)?.boxed())
}

#[cfg(not(feature = "otlp"))]
fn collector(_: &str) -> anyhow::Result<Listener> {
    anyhow::bail!("this program was built without the feature otlp")
}

fn begin(filter: &str, json: bool, mut listeners: Vec<Listener>) {
    let info = |_| Targets::new().with_default(LevelFilter::INFO);
    let filter: Targets = filter.parse().unwrap_or_else(info);
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE);
    listeners.push(if json {
        log.json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed()
    } else {
        log.compact().with_target(false).boxed()
    });
    let everything = tracing_subscriber::registry().with(listeners).with(filter);
    // A second start happens only in tests, where the first one's log is as good.
    if let Err(error) = everything.try_init() {
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
