//! What goes out on paper: dossiers and notices in Word, tables and figures in Excel, each saying
//! what the API says.

mod paper;
mod statistics;
mod workbooks;

use std::io::{Cursor, Read};

use calamine::{Reader, Xlsx};
use quick_xml::events::Event;
use serde_json::{Value, json};
use tests::TestApp;

/// The bytes of a download, or the status of a refusal.
pub async fn file(t: &TestApp, who: &str, path: &str) -> Result<Vec<u8>, u16> {
    let response = t
        .client
        .http()
        .get(t.client.url(path))
        .bearer_auth(t.token(who).await)
        .send()
        .await
        .unwrap();
    match response.status().as_u16() {
        200 => Ok(response.bytes().await.unwrap().to_vec()),
        status => Err(status),
    }
}

/// The parts of a Word file that hold text, each as its text with a line for each paragraph.
/// Every part of the file must be well-formed.
fn read(file: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).expect("an archive");
    let names: Vec<String> = archive
        .file_names()
        .map(|name| name.expect("a name").into_owned())
        .collect();
    let mut parts = Vec::new();
    for name in names {
        let mut part = String::new();
        let mut entry = archive.by_name(&name).expect("an entry");
        entry.read_to_string(&mut part).expect("text");
        parts.push((name, text(&part)));
    }
    parts
}

fn text(part: &str) -> String {
    let mut reader = quick_xml::Reader::from_str(part);
    let mut text = String::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Text(found) => text.push_str(&found),
            Event::GeneralRef(name) => text.push(match &*name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                other => panic!("&{other};"),
            }),
            Event::End(tag) if tag.name().as_ref() == "w:p" => text.push('\n'),
            Event::Eof => return text,
            _ => {}
        }
    }
}

/// The text of the body of a Word file.
fn body(file: &[u8]) -> String {
    let parts = read(file);
    let document = parts
        .into_iter()
        .find(|(name, _)| name == "word/document.xml");
    document.expect("a document").1
}

/// A sheet of an Excel file as text.
pub fn rows(file: &[u8], sheet: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).unwrap();
    let range = book.worksheet_range(sheet).unwrap();
    range
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect())
        .collect()
}

/// A duty record that staff verified.
async fn verified(t: &TestApp, who: &str, mut record: Value) -> Value {
    record["submit"] = json!(true);
    if record["done_on"].is_null() {
        record["done_on"] = json!("2026-03-27");
    }
    let record = t.act(who, "/duty-records", record).await;
    let path = format!("/duty-records/{}/verify", record["id"].as_str().unwrap());
    t.act("office", &path, json!({})).await
}

/// Closes the year 2026, in the January after it.
async fn close(t: &TestApp) -> Value {
    t.set("2027-01-11T09:00:00+08:00");
    t.act("office", "/periods/2026/close", json!({})).await;
    let document = json!({ "document": "邢东协〔2027〕1号" });
    t.act("leader", "/periods/2026/close", document).await
}

/// Holds an activity of group 一: alice and chen come, bo and ding do not.
async fn held(t: &TestApp, title: &str) {
    let activity = t.activity(title).await;
    let code = t.arrive(&activity).await;
    let tap = json!({ "code": code["code"], "slot": code["slot"], "client_id": "phone-of-alice" });
    let check_ins = format!("/activities/{activity}/check-ins");
    t.act("alice", &check_ins, tap).await;
    let roll = format!("/activities/{activity}/attendance/{}", t.members["chen"]);
    let present = json!({ "status": "present", "reason": "现场核对" });
    assert_eq!(t.put("alice", &roll, present).await.0, 200);
    t.pass_minutes(24 * 60);
    let close = format!("/activities/{activity}/close");
    t.act("alice", &close, json!({})).await;
}
