//! Spans for a collector, by OTLP over HTTP; only in a program built with the feature `otlp`.
//!
//! Each request is a span with its trace id, method and route, and what the log says of it beside.
//! They leave in batches from a thread of their own: a collector that is away costs spans and no
//! request.

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

/// The longest a batch may take.
const PATIENCE: Duration = Duration::from_secs(5);

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// What sends the spans of this process to the collector at `endpoint`, such as
/// `http://127.0.0.1:4318`, until [`stop`].
///
/// # Errors
/// When the endpoint is no address; whether somebody is there is not asked.
pub(super) fn layer<S>(endpoint: &str) -> Result<impl Layer<S> + use<S>>
where
    S: tracing::Subscriber + for<'span> LookupSpan<'span>,
{
    let provider = provider(endpoint)?;
    let tracer = provider.tracer("xingdong");
    // A second start happens only in tests, where the first one's spans are as good.
    let _first = PROVIDER.set(provider);
    Ok(tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false))
}

fn provider(endpoint: &str) -> Result<SdkTracerProvider> {
    let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client()?)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(url)
        .with_timeout(PATIENCE)
        .build()
        .context("log.otlp_endpoint is not usable")?;
    let resource = Resource::builder()
        .with_service_name("xingdong")
        .with_attribute(opentelemetry::KeyValue::new(
            "service.version",
            env!("CARGO_PKG_VERSION"),
        ))
        .build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build())
}

/// The exporter's thread waits for its answers; such a client has a runtime within, which cannot be
/// made inside of ours.
fn client() -> Result<reqwest::blocking::Client> {
    let made = std::thread::spawn(|| {
        reqwest::blocking::Client::builder()
            .timeout(PATIENCE)
            .build()
    });
    let client = made.join().ok().context("the client of the collector")?;
    Ok(client?)
}

/// Sends what was not sent yet and ends; to be called where waiting is allowed.
pub(super) fn stop() {
    if let Some(provider) = PROVIDER.get()
        && let Err(error) = provider.shutdown()
    {
        tracing::warn!(%error, "the last spans did not reach the collector");
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// Takes one request: its first line, its headers, and its body.
    fn take(listener: &TcpListener) -> (String, Vec<u8>) {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(0 < reader.read_line(&mut head).unwrap());
        }
        let head = head.to_lowercase();
        let (_, rest) = head.split_once("content-length: ").unwrap();
        let length = rest.lines().next().unwrap().trim().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let answer =
            "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).unwrap();
        (head, body)
    }

    fn holds(body: &[u8], text: &str) -> bool {
        body.windows(text.len()).any(|part| part == text.as_bytes())
    }

    #[test]
    fn a_request_reaches_the_collector_as_a_span() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let collector = std::thread::spawn(move || take(&listener));
        let spans = tracing_subscriber::registry().with(layer(&endpoint).unwrap());

        tracing::subscriber::with_default(spans, || {
            let request = tracing::info_span!("request", trace_id = "7f3a", route = "/api/v1/me");
            request.in_scope(|| tracing::info!(status = 200, "done"));
        });
        stop();

        let (head, body) = collector.join().unwrap();
        assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
        assert!(
            head.contains("content-type: application/x-protobuf"),
            "{head}"
        );
        for text in [
            "request",
            "trace_id",
            "7f3a",
            "/api/v1/me",
            "done",
            "service.name",
        ] {
            assert!(
                holds(&body, text),
                "no {text} in {}",
                String::from_utf8_lossy(&body)
            );
        }
    }
}
