//! Requests that no client of ours would send.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;

use super::tap;

#[actix_web::test]
async fn a_time_needs_a_zone_and_a_day_of_the_calendar() {
    let t = TestApp::start().await;
    let activity = t.draft("学习会").await;
    let path = format!("/activities/{activity}");
    for (text, code) in [
        ("2026-09-25T14:30:00", "timezone_required"),
        ("2026-09-25T14:30", "timezone_required"),
        ("2024-02-30T09:00:00+08:00", "wrong_type"),
        ("2026-09-25T24:00:00+08:00", "wrong_type"),
        ("10000-01-01T00:00:00Z", "wrong_type"),
        ("9999-12-31T23:59:59+08:00", "wrong_type"),
        ("1900-01-01T00:00:00Z", "wrong_type"),
    ] {
        let (status, problem) = t.patch("alice", &path, json!({ "starts_at": text })).await;
        assert_eq!(
            (
                status,
                &problem["errors"][0]["code"],
                &problem["errors"][0]["pointer"]
            ),
            (422, &json!(code), &json!("/starts_at")),
            "{text}"
        );
    }
    let chen = format!("/members/{}", t.members["chen"]);
    for day in [
        "2024-02-30",
        "10000-01-01",
        "+12345-01-01",
        "-0001-01-01",
        "2026-1-1",
        "2026-09-25T00:00:00Z",
    ] {
        let (status, problem) = t.patch("office", &chen, json!({ "joined_on": day })).await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (422, &json!("/joined_on")),
            "{day}"
        );
    }
    for day in [
        "-262143-01-01",
        "%2B262142-12-31",
        "2024-02-30",
        "10000-01-01",
    ] {
        for (who, list) in [
            ("alice", "/activities"),
            ("alice", "/duty-records"),
            ("auditor", "/audit"),
        ] {
            for end in ["from", "to"] {
                let (status, problem) = t.get(who, &format!("{list}?{end}={day}")).await;
                assert_eq!(
                    (status, &problem["code"]),
                    (400, &json!("unknown_parameter")),
                    "{list} {day}"
                );
            }
        }
    }
    t.stop().await;
}

#[actix_web::test]
async fn a_nul_in_an_address_is_refused_alike_on_both_engines() {
    let t = TestApp::start().await;
    for (who, path, status) in [
        ("auditor", "/audit?operation=%00", 400),
        ("auditor", "/audit?outcome=done%00", 400),
        ("auditor", "/audit?subject_id=a%00b", 400),
        ("office", "/members?q=%00", 400),
        ("office", "/members/%00", 404),
        ("office", "/rulebooks/%00", 404),
        ("office", "/%00", 404),
        ("office", "/scores?period=%00", 400),
    ] {
        assert_eq!(t.get(who, path).await.0, status, "{path}");
    }
    t.stop().await;
}

#[actix_web::test]
async fn what_is_too_large_too_deep_or_of_another_kind_is_a_problem_of_its_own() {
    let t = TestApp::start().await;
    let token = t.token("alice").await;
    let post = async |kind: &str, body: Vec<u8>| {
        let request = t.client.http().post(t.client.url("/activities"));
        let request = request.bearer_auth(&token).header("content-type", kind);
        let answer = request.body(body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let problem: Value = answer.json().await.expect("a problem");
        assert_eq!(problem["status"], status);
        status
    };

    let large = format!(r#"{{"title":"{}"}}"#, "a".repeat(10 << 20));
    assert_eq!(post("application/json", large.into_bytes()).await, 413);
    let open = "[".repeat(100_000);
    let closed = format!("{open}{}", "]".repeat(100_000));
    assert_eq!(post("application/json", open.into_bytes()).await, 400);
    assert!([400, 422].contains(&post("application/json", closed.clone().into_bytes()).await));
    let hidden = format!(r#"{{"audience":{closed}}}"#);
    assert!([400, 422].contains(&post("application/json", hidden.into_bytes()).await));
    let twice = br#"{"title":"a","title":"b"}"#.to_vec();
    assert_eq!(post("application/json", twice).await, 422);
    assert_eq!(post("application/json", b"{}{}".to_vec()).await, 400);
    assert_eq!(post("application/json", vec![0xff, 0xfe, b'{']).await, 400);
    for kind in [
        "text/plain",
        "application/xml",
        "application/jsonp",
        "multipart/form-data; boundary=x",
    ] {
        assert_eq!(post(kind, b"{}".to_vec()).await, 415, "{kind}");
    }
    t.stop().await;
}

#[actix_web::test]
async fn a_made_up_method_is_refused_and_fills_no_memory() {
    let t = TestApp::start().await;
    for method in ["PUT", "DELETE", "TRACE", "BREW", "BREW2"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = t.client.http().request(method.clone(), t.client.url("/me"));
        let answer = answer.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 405, "{method}");
        assert_eq!(answer.headers()["allow"], "GET");
    }
    let figures = t.app.metrics.render();
    assert!(figures.contains(r#"method="other""#) && !figures.contains("BREW"));
    t.stop().await;
}

#[actix_web::test]
async fn a_body_that_drips_is_given_up_after_ten_seconds() {
    let t = TestApp::start().await;
    let address = t.base.trim_start_matches("http://").to_owned();
    let dripped = tokio::task::spawn_blocking(move || {
        let mut line = TcpStream::connect(&address).unwrap();
        line.set_read_timeout(Some(Duration::from_millis(900)))
            .unwrap();
        write!(
            line,
            "POST /api/v1/auth/refresh HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{{"
        )
        .unwrap();
        let began = Instant::now();
        let mut answer = [0; 1024];
        while began.elapsed() < Duration::from_secs(14) {
            if let Ok(read @ 1..) = line.read(&mut answer) {
                let head = String::from_utf8_lossy(&answer[..read]).into_owned();
                return (head, began.elapsed());
            }
            if line.write_all(b" ").is_err() {
                break;
            }
        }
        (String::new(), began.elapsed())
    });
    let (head, took) = dripped.await.unwrap();
    assert!(head.starts_with("HTTP/1.1 408"), "{head}");
    assert!((9..12).contains(&took.as_secs()), "{took:?}");
    t.stop().await;
}

#[actix_web::test]
async fn who_may_not_is_told_so_before_anything_is_said_of_what_he_sent() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;
    let token = t.token("chen").await;
    for path in ["/roster/imports", "/members"] {
        let request = t.client.http().post(t.client.url(path)).bearer_auth(&token);
        let answer = request
            .header("content-type", "text/plain")
            .body("x")
            .send();
        assert_eq!(answer.await.unwrap().status().as_u16(), 403, "{path}");
    }
    let path = format!("/activities/{activity}/check-ins");
    assert_eq!(t.post(None, &path, tap(&code)).await.0, 401);
    assert_eq!(t.post(None, &path, json!({ "x": 1 })).await.0, 401);
    t.stop().await;
}

#[actix_web::test]
async fn behind_our_proxy_one_address_does_not_use_up_the_attempts_of_another() {
    let t = TestApp::start().await;
    let guess = async |forwarded: &str| {
        let body = json!({ "username": "nobody", "password": "a guess of mine" });
        let request = t.client.http().post(t.client.url("/auth/password"));
        let answer = request.header("x-forwarded-for", forwarded).json(&body);
        let problem: Value = answer.send().await.unwrap().json().await.unwrap();
        problem["code"].as_str().unwrap().to_owned()
    };
    for _ in 0..60 {
        assert_ne!(guess("203.0.113.7").await, "rate_limited");
    }
    assert_eq!(guess("203.0.113.7").await, "rate_limited");
    assert_eq!(
        guess("198.51.100.1, 203.0.113.7, 127.0.0.1").await,
        "rate_limited"
    );
    assert_ne!(guess("203.0.113.8").await, "rate_limited");
    t.stop().await;
}
