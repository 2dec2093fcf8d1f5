//! Pictures: made anew, kept for their owner, handed out as attachments.

use reqwest::multipart::{Form, Part};
use serde_json::Value;
use tests::TestApp;

/// Two by two red pixels.
const RED: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x02\x00\x00\x00\x02\x08\x02\x00\x00\x00\xfd\xd4\x9as\x00\x00\x00\x10IDATx\x9cc8!'\x07D\x0c\x10\x0a\x00\x1f&\x04\x11\xa2\x8f\x22\xaf\x00\x00\x00\x00IEND\xaeB`\x82";

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

#[actix_web::test]
async fn an_uploaded_picture_is_handed_out_as_an_attachment_without_what_stood_behind_it() {
    let t = TestApp::start().await;

    let (status, file) = upload(&t, "chen", [RED, b"<script>alert(1)</script>"].concat()).await;
    assert_eq!(status, 201, "{file}");
    let path = format!(
        "{}/api/v1/files/{}",
        t.base,
        file["file_id"].as_str().unwrap()
    );
    let answer = t
        .client
        .http()
        .clone()
        .get(path)
        .bearer_auth(t.token("chen").await)
        .send()
        .await
        .unwrap();

    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/jpeg");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-disposition").starts_with("attachment"));
    assert!(header("cache-control").contains("private"));
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(file["size"], bytes.len());
    assert!(bytes.starts_with(b"\xff\xd8\xff"));
    assert!(!bytes.windows(7).any(|part| part == b"<script"));
}

#[actix_web::test]
async fn a_picture_is_its_owners_and_the_offices_and_nobody_elses() {
    let t = TestApp::start().await;
    let (_, file) = upload(&t, "chen", RED).await;
    let path = format!("/files/{}", file["file_id"].as_str().unwrap());

    for who in ["ding", "gao", "admin", "x-zhu", "x-office"] {
        let (status, problem) = t.get(who, &path).await;
        assert_eq!(
            (status, &problem["code"]),
            (404, &"not_found".into()),
            "{who}"
        );
    }
    assert_eq!(t.get(None, &path).await.0, 401);
    for who in ["chen", "office", "staff1", "auditor"] {
        let answer = t
            .client
            .http()
            .clone()
            .get(format!("{}/api/v1{path}", t.base))
            .bearer_auth(t.token(who).await)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{who}");
    }
}

#[actix_web::test]
async fn what_is_no_picture_is_refused() {
    let t = TestApp::start().await;
    for bytes in [
        &b""[..],
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        &RED[..40],
    ] {
        let (status, problem) = upload(&t, "chen", bytes).await;
        assert_eq!((status, &problem["code"]), (422, &"file_unreadable".into()));
    }
    let (status, problem) = upload(&t, "leader", RED).await;
    assert_eq!((status, &problem["code"]), (403, &"forbidden".into()));
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
    let (status, problem) = t.post("chen", "/files", serde_json::json!({})).await;

    assert_eq!(
        (status, &problem["code"]),
        (415, &"unsupported_media_type".into())
    );
}
