//! Troubles on order, and the strictness that needs no order.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wechat::sim::{Fault, FaultKind, Strictness};

use super::{MINI, STATION, World, code, message};

const SEND: &str = "cgi-bin/message/template/send";

impl World {
    /// Sends a notice and returns what came over the wire.
    async fn try_notice(&self) -> Result<(u16, String), reqwest::Error> {
        let token = self.token(STATION).await;
        let url = self.url(&format!("{SEND}?access_token={token}"));
        let request = self.client.post(url).json(&self.notice("alice", json!({})));
        let response = request.timeout(Duration::from_millis(400)).send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    async fn wire(&self, kind: FaultKind) -> Result<(u16, String), reqwest::Error> {
        self.handle().fault(Fault::new(kind).on(SEND).after());
        self.try_notice().await
    }
}

#[actix_web::test]
async fn a_busy_system_may_or_may_not_have_done_what_was_asked() {
    let world = World::start();
    world.handle().follow(STATION, "alice");

    world.handle().fault(Fault::errcode(-1).on(SEND));
    let answer = world.send_notice("alice", json!({})).await;
    assert_eq!(code(&answer), -1);
    assert!(message(&answer).starts_with("system error rid: "));
    assert!(world.handle().phone("alice").is_empty());

    world.handle().fault(Fault::errcode(-1).on(SEND).after());
    assert_eq!(code(&world.send_notice("alice", json!({})).await), -1);
    assert_eq!(world.handle().phone("alice").len(), 1);
    assert_eq!(
        code(&world.send_notice("alice", json!({})).await),
        0,
        "both were for once"
    );
}

#[actix_web::test]
async fn a_connection_can_die_with_or_without_an_effect() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    world.handle().fault(Fault::new(FaultKind::HangUp).on(SEND));
    assert!(world.try_notice().await.is_err());
    assert!(world.handle().phone("alice").is_empty());

    assert!(world.wire(FaultKind::HangUp).await.is_err());
    assert!(world.wire(FaultKind::HalfClosed).await.is_err());
    let late = world.wire(FaultKind::Timeout { millis: 5_000 }).await;
    assert!(late.is_err_and(|error| error.is_timeout()));
    assert_eq!(world.handle().phone("alice").len(), 3);
    let unanswered = world
        .handle()
        .calls()
        .into_iter()
        .filter(|call| call.status.is_none());
    assert_eq!(unanswered.count(), 4);
}

#[actix_web::test]
async fn an_answer_can_be_spoilt_in_many_ways() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let wire = async |kind| world.wire(kind).await.expect("an answer");

    let (status, cut) = wire(FaultKind::Truncated).await;
    assert_eq!(status, 200);
    assert!(cut.starts_with('{') && serde_json::from_str::<Value>(&cut).is_err());
    assert_eq!(wire(FaultKind::Empty).await, (200, String::new()));
    let (status, html) = wire(FaultKind::Html).await;
    assert!(status == 502 && html.starts_with("<html>"));
    let (_, text) = wire(FaultKind::ErrcodeAsString).await;
    assert!(text.contains(r#""errcode":"0""#));
    let (_, dripped) = wire(FaultKind::Drip { millis: 1 }).await;
    assert!(serde_json::from_str::<Value>(&dripped).is_ok());
    assert_eq!(wire(FaultKind::PlainText).await.0, 200);
    assert_eq!(wire(FaultKind::Close).await.0, 200);
    assert_eq!(world.handle().phone("alice").len(), 7);
}

#[actix_web::test]
async fn a_slow_answer_takes_as_long_as_was_ordered() {
    let world = World::start();
    let token = world.token(STATION).await;
    world
        .handle()
        .fault(Fault::new(FaultKind::Drip { millis: 5 }));
    let before = Instant::now();

    assert_eq!(world.verdict(&token).await, 0);
    assert!(Duration::from_millis(100) < before.elapsed());
}

#[actix_web::test]
async fn a_trouble_strikes_whom_and_when_it_should() {
    let world = World::start();
    let (station, mini) = (world.token(STATION).await, world.token(MINI).await);
    world
        .handle()
        .fault(Fault::errcode(42001).of(STATION).skip(1).times(2));

    assert_eq!(world.verdict(&mini).await, 0);
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(world.verdict(&station).await);
    }
    assert_eq!(codes, [0, 42001, 42001, 0]);
    world.handle().fault(Fault::errcode(40001).always());
    for _ in 0..5 {
        assert_eq!(world.verdict(&station).await, 40001);
    }
    world.handle().clear_faults();
    assert_eq!(world.verdict(&station).await, 0);
}

#[actix_web::test]
async fn chance_repeats_itself_with_the_same_seed() {
    let run = async || {
        let world = World::start();
        let token = world.token(STATION).await;
        world
            .handle()
            .fault(Fault::errcode(-1).always().chance(0.5));
        let mut codes = Vec::new();
        for _ in 0..20 {
            codes.push(world.verdict(&token).await);
        }
        (token, codes)
    };

    let (first, second) = (run().await, run().await);
    assert_eq!(first, second);
    assert!(first.1.contains(&0) && first.1.contains(&-1));
}

#[actix_web::test]
async fn requests_wechat_would_not_take_are_not_taken() {
    let world = World::start();
    let token = world.token(STATION).await;
    let menu = format!("cgi-bin/menu/create?access_token={token}");
    let post = async |path: &str, body: &'static str| {
        let request = world
            .client
            .post(world.url(path))
            .header("content-length", body.len())
            .header("content-type", "application/json");
        let request = request.body(body);
        request
            .send()
            .await
            .expect("an answer")
            .json::<Value>()
            .await
            .expect("JSON")
    };

    assert_eq!(code(&world.get("cgi-bin/nothing").await), 40066);
    assert_eq!(code(&world.get(&menu).await), 43002);
    assert_eq!(
        code(&post(&format!("cgi-bin/menu/get?access_token={token}"), "{}").await),
        43001
    );
    assert_eq!(code(&post(&menu, "").await), 44002);
    assert_eq!(code(&post(&menu, "{").await), 47001);
    assert_eq!(code(&post(&menu, r#"{"button":"\u4e00"}"#).await), 40033);
    assert_eq!(code(&post(&menu, r#"{"button":"\\u4e00"}"#).await), 40016);
}

#[actix_web::test]
async fn a_body_without_a_length_is_turned_away() {
    use std::io::{Read, Write};
    let world = World::start();
    let address = world
        .sim
        .base_url()
        .trim_start_matches("http://")
        .to_owned();

    let answer = actix_web::rt::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).expect("a connection");
        let request = "POST /cgi-bin/stable_token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                       Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    });
    assert!(answer.await.expect("no panic").starts_with("HTTP/1.1 412"));
}

#[actix_web::test]
async fn the_habits_of_other_clients_are_borne() {
    let world = World::start();
    let token = world.token(MINI).await;
    world
        .handle()
        .change_settings(|settings| settings.strictness = Strictness::lenient());
    // A token that nobody asked for, on a path that wants the secret.
    let js_code = world.handle().login_code(MINI, "alice");
    let path = format!(
        "sns/jscode2session?access_token={token}&appid={MINI}&secret=secret-of-{MINI}\
         &js_code={js_code}&grant_type=authorization_code&lang=zh"
    );
    let response = world
        .client
        .get(world.url(&path))
        .send()
        .await
        .expect("an answer");

    assert_eq!(
        response.headers()["content-type"],
        "application/json; encoding=utf-8"
    );
    let session: Value = response.json().await.expect("JSON");
    assert_eq!(session["openid"], world.handle().openid(MINI, "alice"));
    // JSON without a content type.
    let body = format!(
        r#"{{"grant_type":"client_credential","appid":"{MINI}","secret":"secret-of-{MINI}"}}"#
    );
    let request = world
        .client
        .post(world.url("cgi-bin/stable_token"))
        .body(body);
    let answer: Value = request
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(answer["access_token"], json!(token));
}

#[actix_web::test]
async fn a_connection_can_be_reset_or_half_closed() {
    use std::io::{ErrorKind, Read, Write};
    let world = World::start();
    let address = world
        .sim
        .base_url()
        .trim_start_matches("http://")
        .to_owned();
    let ask = async || {
        let address = address.clone();
        let answer = actix_web::rt::task::spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(address).expect("a connection");
            let request = "GET /cgi-bin/nothing HTTP/1.1\r\nHost: x\r\n\r\n";
            stream.write_all(request.as_bytes()).expect("written");
            let mut answer = String::new();
            let read = stream.read_to_string(&mut answer);
            // Our side still talks, and nobody resets it.
            let writable = stream.write_all(b"GET / HTTP/1.1\r\n").is_ok();
            (read.map_err(|error| error.kind()), answer, writable)
        });
        answer.await.expect("no panic")
    };

    world.handle().fault(Fault::new(FaultKind::Reset));
    let (read, _, _) = ask().await;
    assert_eq!(read, Err(ErrorKind::ConnectionReset));
    world.handle().fault(Fault::new(FaultKind::HangUp));
    let (read, answer, _) = ask().await;
    assert_eq!((read, answer.as_str()), (Ok(0), ""));

    world
        .handle()
        .fault(Fault::new(FaultKind::HalfClosed).after());
    let (read, answer, writable) = ask().await;
    assert!(read.is_ok() && writable);
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let promised = head.lines().find_map(|line| {
        line.to_lowercase()
            .strip_prefix("content-length: ")?
            .parse()
            .ok()
    });
    assert!(!body.is_empty() && Some(body.len()) < promised, "{answer}");
}

#[actix_web::test]
async fn an_answer_can_be_compressed_for_a_caller_who_did_not_ask() {
    use std::io::Read;
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let token = world.token(STATION).await;
    world.handle().fault(Fault::new(FaultKind::Gzip).on(SEND));
    let url = world.url(&format!("{SEND}?access_token={token}"));
    let request = world
        .client
        .post(url)
        .json(&world.notice("alice", json!({})));
    let answer = request.send().await.expect("an answer");

    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let body = answer.bytes().await.expect("bytes");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&body[..])
        .read_to_string(&mut text)
        .expect("gzip");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(answer["msgid"], world.handle().phone("alice")[0].msgid);
}

#[actix_web::test]
async fn a_whitelist_can_flip_to_and_fro() {
    let world = World::start();
    let token = world.token(STATION).await;
    world
        .handle()
        .fault(Fault::errcode(40164).of(STATION).always().skip(1).every(2));

    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(world.verdict(&token).await);
    }
    assert_eq!(codes, [0, 40164, 0, 40164, 0]);
}

#[actix_web::test]
async fn the_clock_can_jump_under_a_call() {
    let world = World::start();
    let token = world.token(STATION).await;
    let before = world.handle().now();
    let jump = |seconds| Fault::new(FaultKind::ClockJump { seconds });

    world.handle().fault(jump(7200));
    assert_eq!(world.verdict(&token).await, 42001);
    world.handle().fault(jump(-7200));
    assert_eq!(world.verdict(&token).await, 0);
    assert_eq!(world.handle().now(), before);
}

#[actix_web::test]
async fn a_token_can_be_past_once_or_for_ever() {
    let world = World::start();
    let token = world.token(STATION).await;
    world.handle().fault(Fault::errcode(42001).of(STATION));
    assert_eq!(world.verdict(&token).await, 42001);
    assert_eq!(world.verdict(&token).await, 0);

    world
        .handle()
        .fault(Fault::errcode(42001).on("cgi-bin/getcallbackip").always());
    let fresh = world.token(STATION).await;
    for _ in 0..3 {
        assert_eq!(world.verdict(&fresh).await, 42001);
    }
}
