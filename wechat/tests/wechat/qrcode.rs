//! Codes of an official account.

use serde_json::{Value, json};
use wechat::error::Endpoint;
use wechat::qrcode::{QrCode, QrScene};
use wechat::wxacode::{LineColor, Page, Scene, Width, WxaCode};
use wechat::{AppKind, Error};

use crate::fake::{Fake, Told};
use crate::vectors::{entries, text, vectors};

const CREATE: &str = "/cgi-bin/qrcode/create";
const SHOW: &str = "/cgi-bin/showqrcode";

fn made() -> Value {
    entries(&vectors("api_responses"), "cases")
        .into_iter()
        .find(|case| text(case, "api") == "POST /cgi-bin/qrcode/create")
        .unwrap()["body"]
        .clone()
}

#[actix_web::test]
async fn a_code_is_made_for_a_while_or_for_ever_by_number_or_by_text() {
    let number = QrScene::Number(123);
    let name = QrScene::Text("station-3".into());
    let codes = [
        (
            QrCode::temporary(number.clone(), 604_800).unwrap(),
            json!({ "expire_seconds": 604_800, "action_name": "QR_SCENE",
                "action_info": { "scene": { "scene_id": 123 } } }),
        ),
        (
            QrCode::temporary(name.clone(), 60).unwrap(),
            json!({ "expire_seconds": 60, "action_name": "QR_STR_SCENE",
                "action_info": { "scene": { "scene_str": "station-3" } } }),
        ),
        (
            QrCode::permanent(number).unwrap(),
            json!({ "action_name": "QR_LIMIT_SCENE",
                "action_info": { "scene": { "scene_id": 123 } } }),
        ),
        (
            QrCode::permanent(name).unwrap(),
            json!({ "action_name": "QR_LIMIT_STR_SCENE",
                "action_info": { "scene": { "scene_str": "station-3" } } }),
        ),
    ];
    for (code, body) in codes {
        let fake = Fake::telling(CREATE, &made());
        let ticket = fake.account().create_qrcode(&code).await.unwrap();
        assert_eq!(ticket.expire_seconds, Some(1800));
        assert_eq!(ticket.ticket, text(&made(), "ticket"));
        assert_eq!(ticket.url, text(&made(), "url"));
        assert_eq!(fake.only(CREATE).json(), body);
    }
}

#[actix_web::test]
async fn a_code_for_ever_has_no_end() {
    let fake = Fake::telling(
        CREATE,
        &json!({ "ticket": "T", "url": "http://weixin.qq.com/q/x" }),
    );
    let code = QrCode::permanent(QrScene::Number(1)).unwrap();
    let ticket = fake.account().create_qrcode(&code).await.unwrap();
    assert_eq!(ticket.expire_seconds, None);
}

#[test]
fn a_scene_outside_its_limits_is_refused_before_wechat_is_asked() {
    let refused = |code: Result<QrCode, wechat::LimitError>| code.unwrap_err().field;
    assert_eq!(
        refused(QrCode::temporary(QrScene::Number(0), 60)),
        "scene_id"
    );
    assert_eq!(
        refused(QrCode::permanent(QrScene::Number(100_001))),
        "scene_id"
    );
    let long = QrScene::Text("x".repeat(65));
    assert_eq!(refused(QrCode::permanent(long)), "scene_str");
    let empty = QrScene::Text(String::new());
    assert_eq!(refused(QrCode::temporary(empty, 60)), "scene_str");
    for seconds in [0, 2_592_001] {
        let code = QrCode::temporary(QrScene::Number(1), seconds);
        assert_eq!(refused(code), "expire_seconds");
    }
    assert!(QrCode::permanent(QrScene::Number(100_000)).is_ok());
    assert!(QrCode::temporary(QrScene::Number(u32::MAX), 2_592_000).is_ok());
    assert!(QrCode::permanent(QrScene::Text("会".repeat(64))).is_ok());
}

#[actix_web::test]
async fn the_picture_of_a_code_is_fetched_from_the_other_host_without_a_token() {
    let fake = Fake::start();
    fake.tell(SHOW, Told::bytes("image/jpg", vec![0xFF, 0xD8, 0xFF, 0xE0]));
    fake.tell(SHOW, Told::bytes("text/html", Vec::new()).status(404));
    let account = fake.account();

    let ticket = "gQH47joAAA==/+&x";
    assert_eq!(
        account.qrcode_image_url(ticket),
        format!(
            "{}/cgi-bin/showqrcode?ticket=gQH47joAAA%3D%3D%2F%2B%26x",
            fake.base_url
        )
    );
    let picture = account.qrcode_image(ticket).await.unwrap();
    assert_eq!(picture.media_type, "image/jpeg");
    assert_eq!(fake.only(SHOW).query["ticket"], ticket);
    assert_eq!(fake.only(SHOW).query.len(), 1);

    let endpoint = Endpoint::ShowQrcode;
    let unknown = account.qrcode_image("none").await;
    assert_eq!(
        unknown,
        Err(Error::Rejected {
            endpoint,
            status: 404
        })
    );
    let kind = AppKind::MiniProgram;
    let foreign = fake.account_of(kind).qrcode_image(ticket).await;
    assert_eq!(foreign, Err(Error::WrongKind { endpoint, kind }));
}

#[test]
fn the_scene_and_the_page_of_a_mini_program_code_keep_their_rules() {
    for fine in ["a", "!#$&'()*+,/:;=?@-._~", &"x".repeat(32)] {
        assert_eq!(Scene::new(fine).unwrap().as_str(), fine);
    }
    for wrong in ["", "a b", "100%", "会", "a\"b", &"x".repeat(33)] {
        assert_eq!(Scene::new(wrong).unwrap_err().field, "scene", "{wrong}");
    }
    for fine in ["pages/index", "pages/checkin/index"] {
        assert!(Page::new(fine).is_ok());
    }
    for wrong in [
        "",
        "/pages/index",
        "pages/index?id=1",
        "pages/index#a",
        "pages/scancode_time",
    ] {
        assert_eq!(Page::new(wrong).unwrap_err().field, "page", "{wrong}");
    }
    for (pixels, fine) in [(279, false), (280, true), (1280, true), (1281, false)] {
        assert_eq!(Width::new(pixels).is_ok(), fine, "{pixels}");
    }
}

#[actix_web::test]
async fn a_mini_program_code_may_have_its_colour_and_no_page() {
    let draw = "/wxa/getwxacodeunlimit";
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell(
        draw,
        Told::bytes("image/png", b"\x89PNG\r\n\x1a\n".to_vec()),
    );
    let code = WxaCode {
        page: None,
        width: Width::new(280).unwrap(),
        line_color: Some(LineColor { r: 200, g: 0, b: 0 }),
        is_hyaline: true,
        ..WxaCode::new(
            Scene::new("t0k3n").unwrap(),
            Page::new("pages/index").unwrap(),
        )
    };
    fake.account().wxacode_unlimited(&code).await.unwrap();
    assert_eq!(
        fake.only(draw).json(),
        json!({
            "scene": "t0k3n", "check_path": true, "env_version": "release", "width": 280,
            "line_color": { "r": 200, "g": 0, "b": 0 }, "is_hyaline": true,
        })
    );
}
