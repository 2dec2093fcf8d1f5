//! What is counted while it happens, in the memory of this node.

use std::sync::atomic::AtomicI64;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};

/// Stands before every name.
pub(super) const PREFIX: &str = "xingdong";

/// Labels of a route: its pattern, never a path.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RouteLabels {
    /// HTTP method.
    pub method: String,
    /// Pattern of the route.
    pub route: String,
}

/// Labels of a route and how it answered.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct StatusLabels {
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

/// Labels of a count by app.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AppLabels {
    app_id: String,
}

type Timed = Family<RouteLabels, Histogram, fn() -> Histogram>;

/// What is counted.
pub struct Metrics {
    registry: Registry,
    /// Requests by route and status.
    pub requests: Family<StatusLabels, Counter>,
    /// Seconds per request, by route.
    pub seconds: Timed,
    /// Check-ins by outcome: `first`, `again`, or the code of the refusal.
    pub checkins: Family<WordLabels, Counter>,
    /// How many check-ins were written in one transaction.
    pub desk_batch: Histogram,
    /// Deliveries by the state they came to.
    pub deliveries: Family<WordLabels, Counter>,
    /// Accounts and templates that had to stop sending, by cause.
    pub pauses: Family<WordLabels, Counter>,
    /// Background jobs by outcome.
    pub jobs: Family<WordLabels, Counter>,
    /// Panics in handlers.
    pub panics: Counter,
    /// Requests being handled now.
    pub in_flight: Gauge<i64, AtomicI64>,
    tokens: Family<AppLabels, Counter>,
}

/// Seconds that matter: a check-in takes milliseconds, a goal says 300, the deadline is 8 s.
fn request_seconds() -> Histogram {
    Histogram::new([
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0, 8.0,
    ])
}

/// Names a metric in the registry and hands it out.
fn registered<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "which program this is", version);
        let it = &mut registry;
        Self {
            requests: registered(
                it,
                "http_requests",
                "requests by route and status",
                Family::default(),
            ),
            seconds: registered(
                it,
                "http_request_seconds",
                "seconds per request, by route",
                Timed::new_with_constructor(request_seconds),
            ),
            checkins: registered(it, "checkins", "check-ins by outcome", Family::default()),
            desk_batch: registered(
                it,
                "desk_batch",
                "check-ins written in one transaction",
                Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]),
            ),
            deliveries: registered(it, "deliveries", "deliveries by state", Family::default()),
            pauses: registered(
                it,
                "channel_pauses",
                "accounts and templates that had to stop sending, by cause",
                Family::default(),
            ),
            jobs: registered(it, "jobs", "background jobs by outcome", Family::default()),
            panics: registered(it, "panics", "panics in handlers", Counter::default()),
            in_flight: registered(
                it,
                "http_requests_in_flight",
                "requests being handled",
                Gauge::default(),
            ),
            tokens: registered(
                it,
                "wechat_tokens",
                "access tokens and tickets fetched from WeChat, by app",
                Family::default(),
            ),
            registry,
        }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// What was counted, in Prometheus' text format, without its last line.
    pub fn render(&self) -> String {
        let mut figures = String::new();
        text::encode_registry(&mut figures, &self.registry)
            .expect("writing to a string does not fail");
        figures
    }

    /// Counts one `word` in `family`.
    pub fn count(family: &Family<WordLabels, Counter>, word: &str) {
        family
            .get_or_create(&WordLabels {
                word: word.to_owned(),
            })
            .inc();
    }

    /// A counter of the tokens and tickets that are fetched, for whoever fetches them.
    pub fn token_counter(&self) -> impl Fn(&str) + Send + Sync + 'static {
        let tokens = self.tokens.clone();
        move |name: &str| {
            let app_id = name.to_owned();
            tokens.get_or_create(&AppLabels { app_id }).inc();
        }
    }
}
