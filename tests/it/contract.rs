//! What other programs build against: the published description, and the manners every operation
//! has in common.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;

use crate::layering::{root, sources};

fn published() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("docs/openapi.json")).expect("JSON")
}

#[test]
fn the_published_description_is_the_one_the_service_gives() {
    let served = serde_json::to_value(api::description::describe()).expect("JSON");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
        std::fs::write(
            path,
            serde_json::to_string_pretty(&served).expect("JSON") + "\n",
        )
        .expect("docs/openapi.json is written");
        return;
    }
    assert!(
        served == published(),
        "docs/openapi.json is out of date: UPDATE_OPENAPI=1 cargo nextest run -p tests the_published_description"
    );
}

/// The names under which types stand in the description: that of the type, unless it says another.
fn schema_names(source: &str) -> Vec<&str> {
    let derives = source.match_indices("ToSchema)]\n").filter(|(at, _)| {
        let line = source[..*at].rfind('\n').map_or(0, |end| end + 1);
        source[line..*at].starts_with("#[derive(")
    });
    let named = derives.filter_map(|(at, _)| {
        let rest = &source[at..];
        let (attributes, item) = rest.split_once("\npub ")?;
        let name = match attributes.split_once("#[schema(as = ") {
            Some((_, name)) => name,
            None => item.split_once(' ')?.1,
        };
        name.split(|c: char| !c.is_alphanumeric()).next()
    });
    named.collect()
}

/// One of two shapes under one name would be missing from the description without a word.
#[test]
fn no_two_shapes_have_one_name() {
    let (mut seen, mut twice) = (BTreeSet::new(), Vec::new());
    let sources: Vec<(PathBuf, String)> = sources(&root().join("api/src"))
        .into_iter()
        .chain(sources(&root().join("domain/src")))
        .collect();
    for (file, source) in &sources {
        for name in schema_names(source) {
            if !seen.insert(name) {
                twice.push(format!("{name} in {}", file.display()));
            }
        }
    }

    assert_eq!(twice, Vec::<String>::new());
    assert!(seen.len() > 200, "only {} names were found", seen.len());
}

#[test]
fn every_operation_is_documented_and_can_answer_a_problem() {
    let description = published();
    let mut ids = BTreeSet::new();
    for (path, operations) in description["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let id = operation["operationId"]
                .as_str()
                .unwrap_or_else(|| panic!("{method} {path} has no id"));
            assert!(ids.insert(id.to_owned()), "{id} stands twice");
            assert!(
                operation["summary"]
                    .as_str()
                    .is_some_and(|text| text.len() > 3),
                "{method} {path} says nothing"
            );
            if path.starts_with("/api/v1") {
                assert!(
                    operation["responses"].get("default").is_some(),
                    "{method} {path} has no problem"
                );
            }
        }
    }
    assert!(ids.len() > 60, "only {} operations", ids.len());
}

#[test]
fn the_operations_the_contract_names_are_there() {
    let description = published();
    let named = "
        POST /auth/wechat|POST /auth/wechat/bind|POST /auth/password|POST /auth/refresh|POST /auth/logout|GET /me
        GET /members|POST /members|GET /members/{}|PATCH /members/{}|GET /groups|GET /sectors|GET /stations
        GET /special-committees|GET /terms|POST /seats|DELETE /seats/{}|GET /roster/template.xlsx|POST /roster/imports
        POST /roster/imports/{}/apply|GET /members.xlsx|POST /members/{}/invite-codes|GET /binding-requests
        GET /calendar/activity-days|PUT /calendar/activity-days/{}|GET /activities|POST /activities|GET /activities/{}
        PATCH /activities/{}|POST /activities/{}/submit|POST /activities/{}/approve|POST /activities/{}/return
        POST /activities/{}/publish|POST /activities/{}/cancel|POST /activities/{}/reschedule|POST /activities/{}/close
        PUT /activities/{}/reply|POST /leave-requests/{}/decide|GET /activities/{}/check-in-code|GET /activities/{}/live
        POST /activities/{}/check-ins|POST /activities/{}/check-outs|PUT /activities/{}/attendance/{}
        GET /activities/{}/attendance|POST /activities/{}/corrections|POST /corrections/{}/decide
        GET /activities/{}/deliveries|POST /activities/{}/remind|GET /me/inbox|POST /me/inbox/{}/read|POST /files
        GET /files/{}|GET /duty-records|POST /duty-records|POST /duty-records/{}/submit|POST /duty-records/{}/verify
        POST /duty-records/{}/return|GET /rulebooks|GET /rulebooks/{}|GET /scores|GET /members/{}/score|GET /me/score
        GET /scores.xlsx|GET /statistics|GET /audit";
    let there: BTreeSet<String> = description["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .flat_map(|(path, operations)| {
            let blank = path
                .split('/')
                .map(|part| if part.starts_with('{') { "{}" } else { part })
                .collect::<Vec<_>>()
                .join("/");
            operations
                .as_object()
                .expect("operations")
                .keys()
                .map(move |method| format!("{} {blank}", method.to_uppercase()))
                .collect::<Vec<_>>()
        })
        .collect();
    for operation in named
        .split(['|', '\n'])
        .map(str::trim)
        .filter(|operation| !operation.is_empty())
    {
        let (method, path) = operation.split_once(' ').expect("method and path");
        assert!(
            there.contains(&format!("{method} /api/v1{path}")),
            "{operation} is missing"
        );
    }
}

#[actix_web::test]
async fn a_problem_names_its_code_its_trace_and_nothing_of_the_inside() {
    let t = TestApp::start().await;

    let (status, problem) = t.get(None, "/me").await;

    assert_eq!(status, 401);
    assert_eq!(problem["code"], "unauthenticated");
    assert_eq!(problem["title"], "请先登录");
    assert_eq!(problem["trace_id"].as_str().map(str::len), Some(32));
}

#[actix_web::test]
async fn unparsable_unknown_and_oversized_bodies_get_a_problem_each() {
    let t = TestApp::start().await;
    let token = t.token("office").await;
    let send = async |kind: &str, body: Vec<u8>| {
        let request = t
            .client
            .http()
            .request(Method::POST, t.client.url("/members"))
            .bearer_auth(&token);
        let response = request
            .header("content-type", kind)
            .body(body)
            .send()
            .await
            .expect("an answer");
        let media = response.headers()["content-type"]
            .to_str()
            .expect("text")
            .to_owned();
        (response.status().as_u16(), media)
    };
    let problem = "application/problem+json".to_owned();

    assert_eq!(
        send("application/json", b"{".to_vec()).await,
        (400, problem.clone())
    );
    assert_eq!(
        send("application/json", br#"{"role":"office"}"#.to_vec()).await,
        (422, problem.clone())
    );
    assert_eq!(
        send("text/plain", b"{}".to_vec()).await,
        (415, problem.clone())
    );
    assert_eq!(
        send("application/json", "[".repeat(100_000).into_bytes()).await,
        (400, problem.clone())
    );
    assert_eq!(
        send("application/json", vec![b' '; 2 << 20]).await,
        (413, problem.clone())
    );
}

#[actix_web::test]
async fn an_unknown_path_and_a_wrong_method_are_problems_too() {
    let t = TestApp::start().await;

    let (status, problem) = t.get("office", "/nothing").await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
    let (status, problem) = t.delete("office", "/groups").await;
    assert_eq!(
        (status, &problem["code"]),
        (405, &json!("method_not_allowed"))
    );
    let (status, problem) = t.get("office", "/members?limt=3").await;
    assert_eq!(
        (status, &problem["code"]),
        (400, &json!("unknown_parameter"))
    );
    let (status, _) = t.get("office", "/members?limit=201").await;
    assert_eq!(status, 400);
}

#[actix_web::test]
async fn the_same_key_and_body_are_done_once_and_answered_the_same() {
    let t = TestApp::start().await;
    let token = t.token("alice").await;
    let url = t.client.url("/activities");
    let body = |title: &str, group: &str| {
        json!({ "group_id": group, "kind": "study", "mode": "annual_plan", "title": title, "content": "", "venue": "驿站",
                "starts_at": "2026-09-24T14:30:00+08:00", "ends_at": "2026-09-24T16:30:00+08:00" })
    };
    let group = t.group(0).await;
    let post = async |key: &str, title: &str| {
        let request = t
            .client
            .http()
            .post(&url)
            .bearer_auth(&token)
            .header("idempotency-key", key);
        let response = request
            .json(&body(title, &group))
            .send()
            .await
            .expect("an answer");
        let status = response.status().as_u16();
        (status, response.json::<Value>().await.expect("JSON"))
    };

    let first = post("k1", "学习").await;
    let again = post("k1", "学习").await;
    let other = post("k1", "调研").await;

    assert_eq!(first.0, 201, "{}", first.1);
    assert_eq!(first, again);
    assert_eq!(
        (other.0, &other.1["code"]),
        (422, &json!("idempotency_key_reused"))
    );
    assert_eq!(t.see("alice", "/activities").await["total"], 1);
}

#[actix_web::test]
async fn health_readiness_and_figures_answer() {
    let t = TestApp::start().await;
    let get = async |path: &str, token: Option<&str>| {
        let mut request = t.client.http().get(format!("{}{path}", t.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("an answer");
        (
            response.status().as_u16(),
            response.text().await.expect("text"),
        )
    };

    assert_eq!(get("/healthz", None).await.0, 200);
    assert_eq!(get("/readyz", None).await.0, 200);
    assert_eq!(get("/metrics", None).await.0, 401);
    assert!(
        get("/metrics", Some("figures"))
            .await
            .1
            .contains("xingdong_http_requests_total")
    );
}

#[actix_web::test]
async fn the_description_is_served_compressed_to_whoever_accepts_that_and_readable_without_internet()
 {
    let t = TestApp::start().await;
    let get = async |path: &str, accepted: &str| {
        let request = t.client.http().get(format!("{}{path}", t.base));
        let response = request
            .header("accept-encoding", accepted)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        let encoding = response.headers().get("content-encoding").cloned();
        let body = response.bytes().await.expect("a body").to_vec();
        (encoding.is_some_and(|it| it == "gzip"), body)
    };
    let unpacked = |packed: &[u8]| {
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed)
            .read_to_string(&mut text)
            .expect("gzip");
        text
    };

    let (packed, small) = get("/api/openapi.json", "gzip, deflate, br").await;
    assert!(packed && small.len() < 100_000, "{} bytes", small.len());
    let text = unpacked(&small);
    assert_eq!(text, include_str!("../../docs/openapi.json"));
    let (packed, plain) = get("/api/openapi.json", "identity").await;
    assert!(!packed && plain == text.as_bytes());

    let (packed, page) = get("/api/docs/", "gzip").await;
    assert!(packed && unpacked(&page).contains("swagger-ui-bundle.js"));
    let (_, script) = get("/api/docs/swagger-ui-bundle.js", "gzip").await;
    assert!(unpacked(&script).len() > 1_000_000);
    let (packed, start) = get("/api/docs/swagger-initializer.js", "gzip").await;
    let start = String::from_utf8(start).expect("UTF-8");
    assert!(!packed && start.contains("/api/openapi.json"), "{start}");
}
