//! Files: pictures made anew, documents kept as they came, handed out as attachments to whoever may
//! see what they are shown with.

mod activity;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tests::TestApp;

/// Two by two red pixels.
const RED: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x02\x00\x00\x00\x02\x08\x02\x00\x00\x00\xfd\xd4\x9as\x00\x00\x00\x10IDATx\x9cc8!'\x07D\x0c\x10\x0a\x00\x1f&\x04\x11\xa2\x8f\x22\xaf\x00\x00\x00\x00IEND\xaeB`\x82";

/// The least that is a PDF.
pub const AGENDA: &[u8] = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";

async fn upload(t: &TestApp, who: &str, bytes: impl Into<Vec<u8>>) -> (u16, Value) {
    let form = Form::new().part("file", Part::bytes(bytes.into()).file_name("证明.png"));
    let request = t
        .client
        .http()
        .clone()
        .post(format!("{}/api/v1/files", t.base))
        .bearer_auth(t.token(who).await)
        .multipart(form);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Uploads a file that is taken; returns its id.
pub async fn uploaded(t: &TestApp, who: &str, bytes: impl Into<Vec<u8>>) -> String {
    let (status, file) = upload(t, who, bytes).await;
    assert_eq!(status, 201, "{file}");
    file["file_id"].as_str().expect("an id").to_owned()
}

async fn download(t: &TestApp, who: &str, file: &str) -> reqwest::Response {
    let request = t
        .client
        .http()
        .clone()
        .get(format!("{}/api/v1/files/{file}", t.base))
        .bearer_auth(t.token(who).await);
    request.send().await.unwrap()
}

/// Who reads a file and who is told that there is none.
async fn is_read_by(t: &TestApp, file: &str, readers: &[&str], strangers: &[&str]) {
    for who in readers {
        assert_eq!(download(t, who, file).await.status(), 200, "{who}");
    }
    for who in strangers {
        let (status, problem) = t.get(*who, &format!("/files/{file}")).await;
        assert_eq!(
            (status, &problem["code"]),
            (404, &json!("not_found")),
            "{who}"
        );
    }
}

fn header(answer: &reqwest::Response, name: &str) -> String {
    answer.headers()[name].to_str().unwrap().to_owned()
}

#[actix_web::test]
async fn an_uploaded_picture_is_handed_out_as_an_attachment_without_what_stood_behind_it() {
    let t = TestApp::start().await;

    let (status, file) = upload(&t, "chen", [RED, b"<script>alert(1)</script>"].concat()).await;
    assert_eq!(status, 201, "{file}");
    let id = file["file_id"].as_str().unwrap();
    let answer = download(&t, "chen", id).await;

    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "content-type"), "image/jpeg");
    assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
    assert!(header(&answer, "content-disposition").starts_with("attachment"));
    assert!(header(&answer, "content-disposition").contains(&format!("{id}.jpg")));
    assert!(header(&answer, "cache-control").contains("private"));
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(file["size"], bytes.len());
    assert!(bytes.starts_with(b"\xff\xd8\xff"));
    assert!(!bytes.windows(7).any(|part| part == b"<script"));
}

#[actix_web::test]
async fn a_document_is_kept_as_it_came_whatever_it_was_called() {
    let t = TestApp::start().await;
    let mut workbook = rust_xlsxwriter::Workbook::new();
    workbook.add_worksheet();
    let sheet = workbook.save_to_buffer().unwrap();
    let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

    for (document, media_type) in [(AGENDA.to_vec(), "application/pdf"), (sheet, xlsx)] {
        let (status, file) = upload(&t, "alice", document.clone()).await;
        assert_eq!((status, &file["media_type"]), (201, &json!(media_type)));
        let answer = download(&t, "alice", file["file_id"].as_str().unwrap()).await;

        assert_eq!(header(&answer, "content-type"), media_type);
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        assert_eq!(answer.bytes().await.unwrap(), document);
    }
}

#[actix_web::test]
async fn a_file_that_is_shown_nowhere_is_its_owners_and_the_offices_and_nobody_elses() {
    let t = TestApp::start().await;
    let file = uploaded(&t, "chen", RED).await;

    let readers = ["chen", "office", "leader", "auditor"];
    let strangers = [
        "ding", "alice", "gao", "staff1", "staff2", "admin", "x-zhu", "x-office",
    ];
    is_read_by(&t, &file, &readers, &strangers).await;
    assert_eq!(t.get(None, &format!("/files/{file}")).await.0, 401);
    // Staff are no members and have their own files all the same.
    let own = uploaded(&t, "staff1", AGENDA).await;
    is_read_by(&t, &own, &["staff1"], &["staff2", "alice"]).await;
}

#[actix_web::test]
async fn what_is_of_no_kind_that_is_taken_is_refused_in_words() {
    let t = TestApp::start().await;
    for (bytes, why) in [
        (&b""[..], "只能上传 PDF、docx"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            "只能上传 PDF、docx",
        ),
        (b"GIF89a\x01\0\x01\0\0\0\0;", "只能上传 PDF、docx"),
        (b"MZ\x90\0", "只能上传 PDF、docx"),
        (&RED[..40], "图片已损坏"),
        (&AGENDA[..20], "PDF 文件不完整"),
        (b"PK\x03\x04", "文件已损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "不能上传旧版或加密"),
    ] {
        let (status, problem) = upload(&t, "chen", bytes).await;
        assert_eq!((status, &problem["code"]), (422, &json!("file_unreadable")));
        assert!(
            problem["detail"].as_str().unwrap().starts_with(why),
            "{problem}"
        );
    }
    let (status, problem) = upload(&t, "leader", RED).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    let (status, problem) = upload(&t, "chen", vec![b' '; 10 << 20]).await;
    assert_eq!(
        (status, &problem["detail"]),
        (413, &json!("内容不能超过 10 MB"))
    );
}

#[actix_web::test]
async fn a_form_without_the_file_is_refused_by_its_field() {
    let t = TestApp::start().await;
    let url = format!("{}/api/v1/files", t.base);
    let client = t.client.http().clone();
    let form = Form::new().text("picture", "x");

    let answer = client
        .post(&url)
        .bearer_auth(t.token("chen").await)
        .multipart(form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 422);
    let (status, problem) = t.post("chen", "/files", json!({})).await;

    assert_eq!(
        (status, &problem["code"]),
        (415, &json!("unsupported_media_type"))
    );
}

#[actix_web::test]
async fn evidence_of_a_duty_record_is_the_declarers_own_and_is_read_by_who_judges_it() {
    let t = TestApp::start().await;
    let (own, dings) = (
        uploaded(&t, "chen", RED).await,
        uploaded(&t, "ding", RED).await,
    );
    let record = |evidence: &[&String]| {
        json!({ "kind": "proposal", "title": "关于修路的提案", "content": "建议修路。",
                "done_on": "2026-09-10", "evidence_ids": evidence, "submit": true })
    };

    let (status, problem) = t
        .post("chen", "/duty-records", record(&[&own, &dings]))
        .await;
    assert_eq!(status, 422, "{problem}");
    assert_eq!(
        problem["errors"],
        json!([{ "pointer": "/evidence_ids/1", "code": "unknown_file", "message": "没有这个文件" }])
    );
    t.act("chen", "/duty-records", record(&[&own])).await;

    let readers = ["chen", "alice", "bo", "staff1", "office", "auditor"];
    let strangers = ["ding", "fang", "gao", "staff2", "x-zhu", "x-office"];
    is_read_by(&t, &own, &readers, &strangers).await;
    is_read_by(&t, &dings, &["ding"], &["chen", "alice", "staff1"]).await;
}

#[actix_web::test]
async fn a_member_keeps_what_the_office_showed_for_him_and_adds_his_own() {
    let t = TestApp::start().await;
    let (theirs, own) = (
        uploaded(&t, "office", RED).await,
        uploaded(&t, "chen", RED).await,
    );
    let body = json!({ "member_id": t.members["chen"], "kind": "proposal", "title": "提案",
                       "content": "内容", "done_on": "2026-09-10", "evidence_ids": [theirs] });
    let record = t.act("office", "/duty-records", body).await;
    let path = format!("/duty-records/{}", record["id"].as_str().unwrap());

    is_read_by(&t, &theirs, &["chen", "alice"], &["ding"]).await;
    let (status, record) = t
        .patch("chen", &path, json!({ "evidence_ids": [theirs, own] }))
        .await;

    assert_eq!(
        (status, &record["evidence_ids"]),
        (200, &json!([theirs, own]))
    );
}

#[actix_web::test]
async fn evidence_of_a_correction_is_read_by_who_decides_it() {
    let t = TestApp::start().await;
    let activity = t.activity("专题学习").await;
    t.arrive(&activity).await;
    let certificate = uploaded(&t, "chen", RED).await;
    let wish =
        json!({ "reason_code": "other", "reason": "手机没电", "evidence_ids": [certificate] });

    t.act("chen", &format!("/activities/{activity}/corrections"), wish)
        .await;

    let readers = ["chen", "staff1", "office"];
    let strangers = ["alice", "ding", "fang", "staff2", "x-office"];
    is_read_by(&t, &certificate, &readers, &strangers).await;
}
