//! Uploads and drafts.

use serde_json::{Value, json};
use wechat::Error;
use wechat::draft::DraftArticle;
use wechat::media::{MediaKind, Upload, Uploaded};

use crate::fake::{Fake, refusal};
use crate::vectors::{entries, text, vectors};

const UPLOAD: &str = "/cgi-bin/media/upload";
const UPLOADIMG: &str = "/cgi-bin/media/uploadimg";
const DRAFT: &str = "/cgi-bin/draft/add";

fn answer() -> Value {
    entries(&vectors("api_responses"), "cases")
        .into_iter()
        .find(|case| text(case, "api") == "POST /cgi-bin/media/upload")
        .unwrap()["body"]
        .clone()
}

fn upload(filename: &str) -> Upload<'_> {
    Upload {
        filename,
        media_type: "image/png",
        content: b"--PNG\r\nbytes",
    }
}

#[actix_web::test]
async fn a_file_goes_out_whole_with_its_length_and_its_name_in_any_script() {
    for (filename, written) in [
        ("photo.png", "photo.png"),
        ("合影 1.png", "合影 1.png"),
        ("a\"b\r\n.png", "a%22b__.png"),
    ] {
        let fake = Fake::telling(UPLOAD, &answer());
        let kept = fake
            .account()
            .upload_media(MediaKind::Image, upload(filename))
            .await;
        assert_eq!(
            kept,
            Ok(Uploaded {
                media_id: "12345678".into(),
                created_at: Some(123_456_789)
            })
        );
        let seen = fake.only(UPLOAD);
        assert_eq!(seen.query["type"], "image");
        assert_eq!(seen.content_length, Some(seen.raw.len().to_string()));
        let content_type = seen.content_type.unwrap();
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        assert_eq!(
            seen.raw,
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"media\"; \
                 filename=\"{written}\"\r\nContent-Type: image/png\r\n\r\n\
                 --PNG\r\nbytes\r\n--{boundary}--\r\n"
            )
        );
    }
}

#[actix_web::test]
async fn an_upload_survives_a_refused_token() {
    let fake = Fake::telling(UPLOAD, &refusal(40001));
    fake.tell_token("token-2", 7200);
    fake.tell_json(
        UPLOAD,
        &json!({ "type": "thumb", "thumb_media_id": "t1", "created_at": "1" }),
    );
    let kept = fake
        .account()
        .upload_media(MediaKind::Thumb, upload("a.jpg"))
        .await
        .unwrap();
    assert_eq!((kept.media_id.as_str(), kept.created_at), ("t1", Some(1)));
    let seen = fake.seen(UPLOAD);
    assert_eq!(seen[0].raw, seen[1].raw);
    assert_eq!(fake.tokens(UPLOAD), ["token-1", "token-2"]);
}

#[actix_web::test]
async fn a_file_beyond_its_limit_is_not_sent() {
    let fake = Fake::start();
    let account = fake.account();
    for (kind, limit) in [
        (MediaKind::Image, 10 << 20),
        (MediaKind::Voice, 2 << 20),
        (MediaKind::Video, 10 << 20),
        (MediaKind::Thumb, 64 << 10),
    ] {
        let content = vec![0; limit + 1];
        for content in [&content[..], &[]] {
            let file = Upload {
                content,
                ..upload("a.png")
            };
            let error = account.upload_media(kind, file).await.unwrap_err();
            let Error::Limit(limit) = error else {
                panic!("{error:?}")
            };
            assert_eq!(limit.field, "media");
        }
    }
    let large = vec![0; (1 << 20) + 1];
    let file = Upload {
        content: &large,
        ..upload("a.png")
    };
    assert!(account.upload_article_image(file).await.is_err());
    assert!(account.upload_article_image(upload("")).await.is_err());
}

#[actix_web::test]
async fn a_picture_of_an_article_gets_an_address() {
    let fake = Fake::telling(UPLOADIMG, &json!({ "url": "http://mmbiz.qpic.cn/x" }));
    let url = fake.account().upload_article_image(upload("图.png")).await;
    assert_eq!(url.as_deref(), Ok("http://mmbiz.qpic.cn/x"));
    assert!(fake.only(UPLOADIMG).raw.contains("filename=\"图.png\""));
}

fn article() -> DraftArticle {
    DraftArticle {
        title: "委员走进社区".into(),
        author: String::new(),
        digest: String::new(),
        content: "<p>春季调研</p>".into(),
        content_source_url: String::new(),
        thumb_media_id: "thumb-1".into(),
        comments: false,
        followers_only: true,
    }
}

#[actix_web::test]
async fn a_draft_waits_in_the_console() {
    let fake = Fake::telling(DRAFT, &json!({ "media_id": "draft-1" }));
    let id = fake.account().add_draft(&[article()]).await;
    assert_eq!(id.as_deref(), Ok("draft-1"));
    assert_eq!(
        fake.only(DRAFT).json(),
        json!({ "articles": [{
            "title": "委员走进社区", "content": "<p>春季调研</p>", "thumb_media_id": "thumb-1",
            "need_open_comment": 0, "only_fans_can_comment": 1,
        }] })
    );
    assert!(fake.only(DRAFT).raw.contains("委员走进社区"), "raw UTF-8");
}

#[actix_web::test]
async fn a_draft_beyond_the_limits_is_not_sent_and_the_place_is_named() {
    let fake = Fake::start();
    let account = fake.account();
    let refused = async |articles: &[DraftArticle]| match account.add_draft(articles).await {
        Err(Error::Limit(limit)) => limit.field,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&[]).await, "articles");
    assert_eq!(refused(&vec![article(); 9]).await, "articles");
    let long = |count: usize| "字".repeat(count);
    for (field, wrong) in [
        (
            "title",
            DraftArticle {
                title: long(33),
                ..article()
            },
        ),
        (
            "title",
            DraftArticle {
                title: String::new(),
                ..article()
            },
        ),
        (
            "author",
            DraftArticle {
                author: long(17),
                ..article()
            },
        ),
        (
            "digest",
            DraftArticle {
                digest: long(129),
                ..article()
            },
        ),
        (
            "content",
            DraftArticle {
                content: long(20_000),
                ..article()
            },
        ),
        (
            "content_source_url",
            DraftArticle {
                content_source_url: "u".repeat(1025),
                ..article()
            },
        ),
        (
            "thumb_media_id",
            DraftArticle {
                thumb_media_id: String::new(),
                ..article()
            },
        ),
    ] {
        assert_eq!(
            refused(&[article(), wrong]).await,
            format!("articles[1].{field}")
        );
    }
}
