//! The templates of an account: which it has, which it should have, which messages were held back.

use serde_json::json;
use wechat::Error;
use wechat::subscribe::BizMessage;
use wechat::template::{Finding, Industries, Industry, MiniProgram, Template, compare};

use crate::fake::Fake;

const ADD: &str = "/cgi-bin/template/api_add_template";
const DELETE: &str = "/cgi-bin/template/del_private_template";
const GET_INDUSTRY: &str = "/cgi-bin/template/get_industry";
const SET_INDUSTRY: &str = "/cgi-bin/template/api_set_industry";
const BLOCKED: &str = "/wxa/sec/queryblocktmplmsg";
const BIZ: &str = "/cgi-bin/message/subscribe/bizsend";

fn meeting() -> Template {
    Template {
        template_id: "t1".into(),
        title: "会议通知".into(),
        primary_industry: String::new(),
        deputy_industry: String::new(),
        content: "会议名称:{{thing1.DATA}}\n会议时间:{{ time2.DATA }}\n".into(),
        example: String::new(),
    }
}

#[test]
fn a_template_that_is_as_configured_gives_no_finding() {
    assert_eq!(compare(&[meeting()], "t1", ["time2", "thing1"]), []);
}

#[test]
fn every_difference_to_the_configuration_is_found() {
    let key = |key: &str| key.to_owned();
    assert_eq!(
        compare(&[meeting()], "t1", ["thing1", "thing9"]),
        [
            Finding::NotConfigured { key: key("time2") },
            Finding::NoSuchField { key: key("thing9") },
        ]
    );
    assert_eq!(
        compare(&[meeting()], "t2", ["thing1"]),
        [Finding::NoSuchTemplate {
            template_id: key("t2")
        }]
    );
    let old = Template {
        content: "{{first.DATA}}\n会议：{{keyword1.DATA}}\n{{remark.DATA}}".into(),
        ..meeting()
    };
    let findings = compare(&[old], "t1", ["first", "keyword1", "remark"]);
    assert_eq!(findings.len(), 3);
    assert_eq!(findings[0], Finding::OldKind { key: key("first") });
    assert!(
        findings
            .iter()
            .all(|finding| !finding.to_string().is_empty())
    );
}

#[actix_web::test]
async fn a_template_is_taken_from_the_library_and_given_up() {
    let fake = Fake::telling(
        ADD,
        &json!({ "errcode": 0, "errmsg": "ok", "template_id": "Doclyl" }),
    );
    fake.tell_json(DELETE, &json!({ "errcode": 0, "errmsg": "ok" }));
    let account = fake.account();

    let id = account.add_template("43", &["会议名称", "会议时间"]).await;
    assert_eq!(id.as_deref(), Ok("Doclyl"));
    assert_eq!(account.delete_template("Doclyl").await, Ok(()));
    assert_eq!(
        fake.only(ADD).json(),
        json!({ "template_id_short": "43", "keyword_name_list": ["会议名称", "会议时间"] })
    );
    assert_eq!(fake.only(DELETE).json(), json!({ "template_id": "Doclyl" }));

    let fake = Fake::telling(ADD, &json!({ "template_id": "x" }));
    fake.account().add_template("43", &[]).await.unwrap();
    assert_eq!(fake.only(ADD).json(), json!({ "template_id_short": "43" }));
}

#[actix_web::test]
async fn an_account_that_must_not_add_templates_is_told_so() {
    let fake = Fake::telling(
        ADD,
        &json!({ "errcode": 43106, "errmsg": "punished rid: 1-2-3" }),
    );
    let error = fake.account().add_template("43", &[]).await.unwrap_err();
    assert_eq!(error.api().unwrap().code, 43106);
    assert!(!error.may_have_taken_effect());
}

#[actix_web::test]
async fn the_industries_of_an_account_are_read_and_stated() {
    let fake = Fake::telling(
        GET_INDUSTRY,
        &json!({
            "primary_industry": { "first_class": "政府与公共事业", "second_class": "公益|非盈利机构" },
        }),
    );
    fake.tell_json(SET_INDUSTRY, &json!({ "errcode": 0, "errmsg": "ok" }));
    let account = fake.account();
    assert_eq!(
        account.industries().await,
        Ok(Industries {
            primary: Some(Industry {
                first_class: "政府与公共事业".into(),
                second_class: "公益|非盈利机构".into()
            }),
            secondary: None,
        })
    );
    assert_eq!(account.set_industries(20, 41).await, Ok(()));
    assert_eq!(
        fake.only(SET_INDUSTRY).json(),
        json!({ "industry_id1": "20", "industry_id2": "41" })
    );
}

#[actix_web::test]
async fn messages_held_back_are_listed_be_they_one_or_many() {
    let one = json!({
        "id": 8_888_888, "tmpl_msg_id": "t1", "title": "会议通知", "content": "…",
        "send_timestamp": "1620000000", "openid": "o1",
    });
    for (msginfo, count) in [
        (one.clone(), 1),
        (json!([one, one]), 2),
        (json!([]), 0),
        (json!({}), 0),
    ] {
        let fake = Fake::telling(BLOCKED, &json!({ "errcode": 0, "msginfo": msginfo }));
        let blocked = fake
            .account()
            .blocked_template_messages("t1", 0, 100)
            .await
            .unwrap();
        assert_eq!(blocked.len(), count);
        if let Some(first) = blocked.first() {
            assert_eq!(
                (first.id, first.send_timestamp),
                (8_888_888, Some(1_620_000_000))
            );
        }
        assert_eq!(
            fake.only(BLOCKED).json(),
            json!({ "tmpl_msg_id": "t1", "largest_id": 0, "limit": 100 })
        );
    }
    let fake = Fake::start();
    for limit in [0, 101] {
        let error = fake
            .account()
            .blocked_template_messages("t1", 0, limit)
            .await;
        assert!(matches!(error, Err(Error::Limit(_))), "{error:?}");
    }
}

#[actix_web::test]
async fn a_subscribe_notice_of_an_account_goes_out_without_empty_parts() {
    let fake = Fake::telling(BIZ, &json!({ "errcode": 0, "errmsg": "ok" }));
    fake.tell_json(
        BIZ,
        &json!({ "errcode": 43101, "errmsg": "user refuse rid: 1-2-3" }),
    );
    let account = fake.account();
    let message = BizMessage {
        touser: "o1".into(),
        template_id: "t1".into(),
        page: None,
        miniprogram: Some(MiniProgram {
            appid: "wx2".into(),
            pagepath: "pages/notice?id=1".into(),
        }),
        data: vec![("thing1".into(), "春季调研".into())],
    };
    assert_eq!(account.send_biz(&message).await, Ok(()));
    let plain = BizMessage {
        page: Some("https://example/1".into()),
        miniprogram: None,
        ..message
    };
    let refused = account.send_biz(&plain).await.unwrap_err();
    assert_eq!(refused.api().unwrap().code, 43101);
    let seen = fake.seen(BIZ);
    assert_eq!(
        seen[0].json(),
        json!({
            "touser": "o1", "template_id": "t1", "data": { "thing1": { "value": "春季调研" } },
            "miniprogram": { "appid": "wx2", "pagepath": "pages/notice?id=1" },
        })
    );
    assert_eq!(
        seen[1].json(),
        json!({
            "touser": "o1", "template_id": "t1", "data": { "thing1": { "value": "春季调研" } },
            "page": "https://example/1",
        })
    );
}
