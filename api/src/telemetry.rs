//! Logs and metrics: JSON lines without personal data, one trace id per request, Prometheus
//! figures.

use std::cell::RefCell;
use std::sync::atomic::AtomicI64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

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

/// Labels of a request: the route's pattern, never the path.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RouteLabels {
    /// HTTP method.
    pub method: String,
    /// Pattern of the route.
    pub route: String,
    /// HTTP status.
    pub status: u16,
}

/// Labels of a count by one word.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct WordLabels {
    /// The word.
    pub word: String,
}

/// What is counted.
pub struct Metrics {
    registry: Registry,
    /// Requests by route and status.
    pub requests: Family<RouteLabels, Counter>,
    /// Seconds per request.
    pub seconds: Histogram,
    /// Check-ins by outcome.
    pub checkins: Family<WordLabels, Counter>,
    /// Deliveries by final state.
    pub deliveries: Family<WordLabels, Counter>,
    /// Accounts and templates that had to stop sending, by cause.
    pub pauses: Family<WordLabels, Counter>,
    /// Background jobs by outcome.
    pub jobs: Family<WordLabels, Counter>,
    /// Panics in handlers.
    pub panics: Counter,
    /// Requests being handled now.
    pub in_flight: Gauge<i64, AtomicI64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("xingdong");
        let requests = Family::<RouteLabels, Counter>::default();
        let seconds = Histogram::new([0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0, 8.0]);
        let checkins = Family::<WordLabels, Counter>::default();
        let deliveries = Family::<WordLabels, Counter>::default();
        let pauses = Family::<WordLabels, Counter>::default();
        let jobs = Family::<WordLabels, Counter>::default();
        let panics = Counter::default();
        let in_flight = Gauge::<i64, AtomicI64>::default();
        registry.register(
            "http_requests",
            "requests by route and status",
            requests.clone(),
        );
        registry.register(
            "http_request_seconds",
            "seconds per request",
            seconds.clone(),
        );
        registry.register("checkins", "check-ins by outcome", checkins.clone());
        registry.register("deliveries", "deliveries by state", deliveries.clone());
        registry.register(
            "channel_pauses",
            "accounts and templates that had to stop sending, by cause",
            pauses.clone(),
        );
        registry.register("jobs", "background jobs by outcome", jobs.clone());
        registry.register("panics", "panics in handlers", panics.clone());
        registry.register(
            "http_requests_in_flight",
            "requests being handled",
            in_flight.clone(),
        );
        Self {
            registry,
            requests,
            seconds,
            checkins,
            deliveries,
            pauses,
            jobs,
            panics,
            in_flight,
        }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// The figures in Prometheus' text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("writing to a string does not fail");
        text
    }

    /// Counts one `word` in `family`.
    pub fn count(family: &Family<WordLabels, Counter>, word: &str) {
        family
            .get_or_create(&WordLabels {
                word: word.to_owned(),
            })
            .inc();
    }
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
