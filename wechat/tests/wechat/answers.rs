//! WeChat's answers, read as they were seen in manuals, fixtures and complaints.

use serde_json::{Value, json};
use wechat::error::Endpoint;
use wechat::followers::UserInfo;
use wechat::subscribe::{MiniProgramState, SubscribeMessage};
use wechat::wxacode::{EnvVersion, Page, Scene, WxaCode};
use wechat::{Error, values};

use crate::fake::{APP_ID, Fake, SEND, TOKEN, Told, message};
use crate::vectors::{entries, text, vectors};

const LOGIN: &str = "/sns/jscode2session";
const PHONE: &str = "/wxa/business/getuserphonenumber";
const FOLLOWERS: &str = "/cgi-bin/user/get";
const USER_INFO: &str = "/cgi-bin/user/info";
const BATCH: &str = "/cgi-bin/user/info/batchget";
const TEMPLATES: &str = "/cgi-bin/template/get_all_private_template";
const SUBSCRIBE: &str = "/cgi-bin/message/subscribe/send";
const CODE: &str = "/wxa/getwxacodeunlimit";

fn wechat() -> Fake {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake
}

fn bodies(api: &str) -> Vec<Value> {
    let cases = entries(&vectors("api_responses"), "cases");
    let bodies: Vec<_> = cases
        .iter()
        .filter(|case| text(case, "api") == api)
        .map(|case| case["body"].clone())
        .collect();
    assert!(!bodies.is_empty(), "no answers of {api}");
    bodies
}

fn wxa_code(scene: &str, page: &str) -> WxaCode {
    WxaCode::new(Scene::new(scene).unwrap(), Page::new(page).unwrap())
}

fn code_of(body: &Value) -> i64 {
    body["errcode"].as_i64().unwrap_or(0)
}

#[actix_web::test]
async fn tokens_of_either_interface_are_read_and_refusals_named() {
    for api in ["GET /cgi-bin/token", "POST /cgi-bin/stable_token"] {
        for body in bodies(api) {
            let fake = Fake::start();
            fake.tell_json(TOKEN, &body);
            let code = fake
                .account()
                .probe()
                .await
                .err()
                .and_then(|e| e.api().map(|e| e.code));
            assert_eq!(code.unwrap_or(0), code_of(&body), "{body}");
        }
    }
}

#[actix_web::test]
async fn a_session_is_read_with_and_without_a_code_of_success() {
    for body in bodies("GET /sns/jscode2session") {
        let fake = wechat();
        fake.tell_json(LOGIN, &body);
        match fake.account().login("code").await {
            Ok(session) => {
                assert_eq!(Some(session.openid.as_str()), body["openid"].as_str());
                assert_eq!(session.unionid.as_deref(), body["unionid"].as_str());
            }
            Err(error) => assert_eq!(error.api().unwrap().code, code_of(&body)),
        }
        assert_eq!(fake.seen(LOGIN).len(), 1);
    }

    let fake = wechat();
    fake.tell_json(
        LOGIN,
        &json!({ "openid": "o1", "session_key": "k", "unionid": "" }),
    );
    assert_eq!(fake.account().login("code").await.unwrap().unionid, None);
}

#[actix_web::test]
async fn a_phone_is_believed_only_with_our_watermark() {
    let seen = bodies("POST /wxa/business/getuserphonenumber");
    assert!(
        seen.iter()
            .any(|body| body["phone_info"]["countryCode"].is_number())
    );
    for mut body in seen {
        let fake = wechat();
        fake.tell_json(PHONE, &body);
        let error = fake.account().phone_number("code", "o1").await.unwrap_err();
        let Error::Unbelievable { endpoint, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(endpoint, Endpoint::PhoneNumber);

        body["phone_info"]["watermark"]["appid"] = json!(APP_ID);
        let fake = wechat();
        fake.tell_json(PHONE, &body);
        let phone = fake.account().phone_number("code", "o1").await.unwrap();
        assert_eq!(
            Some(phone.pure_number.as_str()),
            body["phone_info"]["purePhoneNumber"].as_str()
        );
        assert_eq!(phone.country_code, "86");
        assert_eq!(
            fake.seen(PHONE)[0].json(),
            json!({ "code": "code", "openid": "o1" })
        );
    }
}

#[actix_web::test]
async fn followers_are_listed_to_the_end_although_the_last_page_lacks_its_data() {
    let fake = wechat();
    for body in bodies("GET /cgi-bin/user/get") {
        fake.tell_json(FOLLOWERS, &body);
    }
    let followers = fake.account().all_followers().await.unwrap();
    assert_eq!(followers, ["OPENID1", "OPENID2"]);
    let seen = fake.seen(FOLLOWERS);
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].query.get("next_openid"), None);
    assert_eq!(seen[1].query["next_openid"], "OPENID2");
}

#[actix_web::test]
async fn a_list_that_turns_in_circles_is_given_up() {
    let fake = wechat();
    fake.tell_json(FOLLOWERS, &bodies("GET /cgi-bin/user/get")[0]);
    let error = fake.account().all_followers().await.unwrap_err();
    let Error::Unbelievable { .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(fake.seen(FOLLOWERS).len(), 2);
}

#[actix_web::test]
async fn a_person_is_described_as_far_as_wechat_knows_him() {
    let mut people = Vec::new();
    for body in bodies("GET /cgi-bin/user/info") {
        let fake = wechat();
        fake.tell_json(USER_INFO, &body);
        people.push(fake.account().user_info("o1").await.unwrap());
    }
    assert_eq!(
        people[0].unionid.as_deref(),
        Some("o6_bmasdasdsad6_2sgVt7hMZOPfL")
    );
    assert_eq!(
        people[1].subscribe_scene.as_deref(),
        Some("ADD_SCENE_QR_CODE")
    );
    assert_eq!(
        (people[1].qr_scene, &people[1].qr_scene_str),
        (Some(98765), &None)
    );
    let stranger = UserInfo {
        follows: false,
        openid: "otvxTs_JZ6SEiP0imdhpi50fuSZg".into(),
        unionid: None,
        subscribe_time: None,
        subscribe_scene: None,
        qr_scene: None,
        qr_scene_str: None,
        remark: None,
        tagid_list: vec![],
    };
    assert_eq!(people[2], stranger);
}

#[actix_web::test]
async fn a_batch_is_read_and_a_stale_openid_in_it_is_found() {
    let fake = wechat();
    fake.tell_json(BATCH, &bodies("POST /cgi-bin/user/info/batchget")[0]);
    let people = fake
        .account()
        .user_info_batch(&["a".into(), "b".into()])
        .await
        .unwrap();
    assert_eq!(
        people.iter().map(|one| one.follows).collect::<Vec<_>>(),
        [true, false]
    );

    let fake = wechat();
    let of = |openids: &[&str]| {
        let people: Vec<_> = openids
            .iter()
            .map(|openid| json!({ "openid": openid }))
            .collect();
        json!({ "user_info_list": people })
    };
    let stale = json!({ "errcode": 40003, "errmsg": "invalid openid" });
    for body in [&stale, &of(&["a"]), &stale, &stale, &of(&["c"])] {
        fake.tell_json(BATCH, body);
    }
    let asked = ["a", "stale", "c"].map(str::to_owned);
    let people = fake.account().user_info_batch(&asked).await.unwrap();
    assert_eq!(
        people
            .iter()
            .map(|one| one.openid.as_str())
            .collect::<Vec<_>>(),
        ["a", "c"]
    );
}

#[actix_web::test]
async fn a_large_batch_goes_out_a_hundred_at_a_time() {
    let fake = wechat();
    fake.tell_json(BATCH, &json!({ "user_info_list": [] }));
    let asked: Vec<String> = (0..190).map(|number| format!("o{number}")).collect();
    fake.account().user_info_batch(&asked).await.unwrap();
    let sizes: Vec<_> = fake
        .seen(BATCH)
        .iter()
        .map(|seen| seen.json()["user_list"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [100, 90]);
}

#[actix_web::test]
async fn every_answer_to_a_template_message_is_understood() {
    for body in bodies("POST /cgi-bin/message/template/send") {
        let fake = wechat();
        fake.tell_json(SEND, &body);
        match fake.account().send_template(&message()).await {
            Ok(msgid) => assert_eq!(Some(msgid), body["msgid"].as_i64()),
            Err(error) => {
                let error = error.api().unwrap().clone();
                assert_eq!(error.code, code_of(&body));
                assert_eq!(
                    error.field.as_deref(),
                    (error.code == 47003).then_some("thing1")
                );
            }
        }
    }

    let fake = wechat();
    fake.tell_json(
        SEND,
        &json!({ "errcode": "0", "msgid": "3557254367693750277" }),
    );
    let msgid = fake.account().send_template(&message()).await;
    assert_eq!(msgid, Ok(3_557_254_367_693_750_277));
}

#[actix_web::test]
async fn refusals_any_call_may_meet_carry_their_rid() {
    for body in bodies("any") {
        let fake = wechat();
        fake.tell_json(TEMPLATES, &body);
        let error = fake.account().templates().await.unwrap_err();
        let error = error.api().unwrap();
        assert_eq!(error.code, code_of(&body));
        assert_eq!(error.rid.is_some(), text(&body, "errmsg").contains("rid:"));
    }
}

#[actix_web::test]
async fn templates_tell_which_fields_they_want() {
    let fake = wechat();
    fake.tell_json(
        TEMPLATES,
        &json!({ "template_list": [{
            "template_id": "t1", "title": "会议通知", "primary_industry": "",
            "content": "会议名称:{{thing1.DATA}}\n会议时间:{{time2.DATA}}\n",
        }] }),
    );
    let templates = fake.account().templates().await.unwrap();
    assert_eq!(templates[0].title, "会议通知");
    assert_eq!(templates[0].field_keys(), ["thing1", "time2"]);

    let listed = &bodies("GET /wxaapi/newtmpl/gettemplate")[0]["data"];
    let keys: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| values::field_keys(text(one, "content")))
        .collect();
    assert_eq!(
        keys,
        [
            vec!["date2", "thing1"],
            vec!["time1", "enum_string2", "enum_string3"]
        ]
    );
}

#[actix_web::test]
async fn a_subscribe_message_names_its_edition_and_may_lack_a_number() {
    let fake = wechat();
    fake.tell_json(SUBSCRIBE, &json!({ "errcode": 0, "errmsg": "ok" }));
    fake.tell_json(
        SUBSCRIBE,
        &json!({ "errcode": 0, "errmsg": "ok", "msgid": 5 }),
    );
    fake.tell_json(
        SUBSCRIBE,
        &bodies("POST /cgi-bin/message/subscribe/send")[0],
    );
    let account = fake.account();
    let message = SubscribeMessage {
        touser: "o1".into(),
        template_id: "t1".into(),
        page: Some("pages/notice?id=1".into()),
        data: vec![("thing1".into(), "春季调研".into())],
        state: MiniProgramState::Formal,
    };

    assert_eq!(account.send_subscribe(&message).await, Ok(None));
    assert_eq!(account.send_subscribe(&message).await, Ok(Some(5)));
    let refused = account.send_subscribe(&message).await.unwrap_err();
    assert_eq!(refused.api().unwrap().code, 43101);
    assert_eq!(
        fake.seen(SUBSCRIBE)[0].json(),
        json!({
            "touser": "o1", "template_id": "t1", "page": "pages/notice?id=1", "lang": "zh_CN",
            "miniprogram_state": "formal", "data": { "thing1": { "value": "春季调研" } },
        })
    );
}

#[actix_web::test]
async fn an_error_is_not_taken_for_the_picture_of_a_code() {
    let png = Told::bytes("image/png", b"\x89PNG\r\n\x1a\n".to_vec());
    let jpeg = Told::bytes("image/jpeg", vec![0xFF, 0xD8, 0xFF, 0xE0]);
    let fake = wechat();
    fake.tell(CODE, png);
    fake.tell(CODE, jpeg);
    fake.tell_json(CODE, &bodies("POST /wxa/getwxacodeunlimit")[0]);
    fake.tell_json(CODE, &json!({ "errcode": 40001, "errmsg": "" }));
    fake.tell(
        CODE,
        Told::bytes("image/png", b"\x89PNG\r\n\x1a\n".to_vec()),
    );
    fake.tell(CODE, Told::bytes("image/png", Vec::new()));
    let account = fake.account();
    let code = WxaCode {
        env_version: EnvVersion::Trial,
        ..wxa_code("a-b_c", "pages/checkin")
    };
    let draw = async || account.wxacode_unlimited(&code).await;

    assert_eq!(draw().await.unwrap().media_type, "image/png");
    assert_eq!(draw().await.unwrap().media_type, "image/jpeg");
    assert_eq!(draw().await.unwrap_err().api().unwrap().code, 40097);
    assert_eq!(
        draw().await.unwrap().bytes,
        b"\x89PNG\r\n\x1a\n",
        "a token is replaced here too"
    );
    assert!(draw().await.unwrap_err().may_have_taken_effect());
    assert_eq!(
        fake.seen(CODE)[0].json(),
        json!({
            "scene": "a-b_c", "page": "pages/checkin", "check_path": true,
            "env_version": "trial", "width": 430, "is_hyaline": false,
        })
    );
}

#[actix_web::test]
async fn the_oddities_of_the_transport_are_borne() {
    for case in entries(&vectors("api_responses"), "transport") {
        let fake = wechat();
        let content_type = case["headers"]["Content-Type"]
            .as_str()
            .unwrap_or("text/plain");
        let status = u16::try_from(case["status"].as_u64().unwrap()).unwrap();
        let body = match case["body_base64"].as_str() {
            Some(_) => vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10, b'J', b'F', b'I', b'F'],
            None => text(&case, "body").as_bytes().to_vec(),
        };
        fake.tell(CODE, Told::bytes(content_type, body.clone()).status(status));
        fake.tell(LOGIN, Told::bytes(content_type, body).status(status));
        let account = fake.account();
        let picture = account.wxacode_unlimited(&wxa_code("a", "b")).await;
        let session = account.login("code").await;

        let endpoint = Endpoint::Login;
        match text(&case, "name") {
            "json_as_text_plain" => assert_eq!(session.unwrap().openid, "o"),
            "json_with_encoding_param" => {
                assert_eq!(session.unwrap_err().api().unwrap().code, 42001);
            }
            "chunked_request" => assert_eq!(
                session,
                Err(Error::Rejected {
                    endpoint,
                    status: 412
                })
            ),
            "html_gateway" | "truncated_json" | "empty_body" => {
                assert_eq!(session, Err(Error::CodeMaybeBurnt { endpoint }));
                assert!(picture.unwrap_err().may_have_taken_effect());
            }
            "image_ok" => assert_eq!(picture.unwrap().media_type, "image/jpeg"),
            "image_error_plain" => assert_eq!(picture.unwrap_err().api().unwrap().code, 41030),
            other => panic!("{other} is not tested"),
        }
    }
}
