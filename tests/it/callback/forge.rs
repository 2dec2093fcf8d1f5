//! Pushes as WeChat would write, seal and sign them, and as somebody would who is not WeChat.

use api::demo::world;
use tests::TestApp;
use wechat::crypto::MessageCrypt;
use wechat::sim::SimApp;

/// The account of group 一, as WeChat knows it.
pub(super) fn account() -> SimApp {
    world::world(1, "")
        .sim_apps
        .pop()
        .expect("the world has an account")
}

/// Its keys.
pub(super) fn crypt(account: &SimApp) -> MessageCrypt {
    MessageCrypt::new(&account.app_id, &account.token, &account.aes_key, None).expect("a valid key")
}

/// A push on its way: the path with its query, and the body.
pub(super) type Request = (String, String);

/// The inside of a push: `fields` beside those that every push has.
pub(super) fn inside(account: &SimApp, openid: &str, create_time: i64, fields: &str) -> String {
    format!(
        "<xml><ToUserName>{}</ToUserName><FromUserName>{openid}</FromUserName>\
         <CreateTime>{create_time}</CreateTime>{fields}</xml>",
        account.gh_id
    )
}

/// The fields of an event.
pub(super) fn event(name: &str, more: &str) -> String {
    format!("<MsgType>event</MsgType><Event>{name}</Event>{more}")
}

/// The fields of a text.
pub(super) fn text(words: &str, msg_id: i64) -> String {
    format!("<MsgType>text</MsgType><Content><![CDATA[{words}]]></Content><MsgId>{msg_id}</MsgId>")
}

/// Seals and signs what a push holds, at the service's time.
pub(super) fn sealed(t: &TestApp, account: &SimApp, inside: &str) -> Request {
    sealed_at(t.now().timestamp(), account, inside)
}

/// The same at another time.
pub(super) fn sealed_at(timestamp: i64, account: &SimApp, inside: &str) -> Request {
    let encrypt = crypt(account).seal_with(inside.as_bytes(), [7; 16]);
    let body = if inside.starts_with('{') {
        serde_json::json!({ "ToUserName": account.gh_id, "Encrypt": encrypt }).to_string()
    } else {
        format!(
            "<xml><ToUserName>{}</ToUserName><Encrypt>{encrypt}</Encrypt></xml>",
            account.gh_id
        )
    };
    (signed(account, timestamp, &encrypt), body)
}

/// The path to which an envelope is pushed.
pub(super) fn signed(account: &SimApp, timestamp: i64, encrypt: &str) -> String {
    let crypt = crypt(account);
    let timestamp = timestamp.to_string();
    let of_envelope = crypt.signature(&timestamp, "n", Some(encrypt));
    let of_query = crypt.signature(&timestamp, "n", None);
    format!(
        "/wechat/callback/{}?signature={of_query}&timestamp={timestamp}&nonce=n&encrypt_type=aes&msg_signature={of_envelope}",
        account.app_id
    )
}

/// An event, ready to be sent.
pub(super) fn push(
    t: &TestApp,
    account: &SimApp,
    name: &str,
    openid: &str,
    create_time: i64,
) -> Request {
    let inside = inside(account, openid, create_time, &event(name, ""));
    sealed(t, account, &inside)
}

/// Sends a push; status and body of the answer.
pub(super) async fn send(t: &TestApp, (path, body): &Request) -> (u16, String) {
    let response = t
        .client
        .http()
        .post(format!("{}{path}", t.base))
        .body(body.clone())
        .send()
        .await
        .expect("the service answers");
    (
        response.status().as_u16(),
        response.text().await.expect("text"),
    )
}

/// What the service says to a follower, opened as a phone's WeChat would.
pub(super) async fn said(t: &TestApp, account: &SimApp, request: &Request) -> String {
    let (status, body) = send(t, request).await;
    assert_eq!(status, 200, "{body}");
    let part = |name: &str| {
        let tag = |end: &str| format!("<{end}{name}>");
        let from = body.find(&tag("")).expect("a sealed answer") + tag("").len();
        let to = body.find(&tag("/")).expect("a sealed answer");
        body[from..to]
            .trim_start_matches("<![CDATA[")
            .trim_end_matches("]]>")
            .to_owned()
    };
    let crypt = crypt(account);
    let encrypt = part("Encrypt");
    crypt
        .verify(
            &part("TimeStamp"),
            &part("Nonce"),
            Some(&encrypt),
            &part("MsgSignature"),
        )
        .expect("the answer is signed");
    let opened = crypt.open(&encrypt).expect("the answer opens");
    let message = String::from_utf8(opened.plaintext).expect("text");
    let from = message.find("<Content><![CDATA[").expect("a text") + "<Content><![CDATA[".len();
    let to = message.find("]]></Content>").expect("a text");
    message[from..to].to_owned()
}

/// The word in the link of an answer.
pub(super) fn word(said: &str) -> String {
    let from = said.find("?link=").expect("a link with a word") + "?link=".len();
    said[from..].chars().take(32).collect()
}
