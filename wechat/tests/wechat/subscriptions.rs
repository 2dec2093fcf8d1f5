//! The subscribe templates of an app.

use serde_json::{Value, json};
use wechat::Error;
use wechat::subscribe::{Category, LibraryKeyword, LibraryTitle, Term};
use wechat::template::{Finding, compare_fields};
use wechat::values::{Filled, Problem};

use crate::fake::Fake;
use crate::vectors::{entries, text, vectors};

const LIST: &str = "/wxaapi/newtmpl/gettemplate";
const ADD: &str = "/wxaapi/newtmpl/addtemplate";
const DELETE: &str = "/wxaapi/newtmpl/deltemplate";
const CATEGORIES: &str = "/wxaapi/newtmpl/getcategory";
const TITLES: &str = "/wxaapi/newtmpl/getpubtemplatetitles";
const KEYWORDS: &str = "/wxaapi/newtmpl/getpubtemplatekeywords";

fn sample() -> Value {
    entries(&vectors("api_responses"), "cases")
        .into_iter()
        .find(|case| text(case, "api") == "GET /wxaapi/newtmpl/gettemplate")
        .unwrap()["body"]
        .clone()
}

#[actix_web::test]
async fn templates_are_read_with_their_fields_their_lists_and_their_term() {
    let fake = Fake::telling(LIST, &sample());
    let templates = fake.account().subscribe_templates().await.unwrap();
    assert_eq!(
        (templates[0].term, templates[1].term),
        (Term::Once, Term::LongTerm)
    );
    assert_eq!(
        templates[0].template_id,
        "9Aw5ZV1j9xdWTFEkqCpZ7mIBbSC34khK55OtzUPl0rU"
    );
    assert_eq!(
        templates[1].field_keys(),
        ["time1", "enum_string2", "enum_string3"]
    );
    assert_eq!(templates[1].lists["enum_string2"], ["客厅", "餐厅"]);
    assert_eq!(
        compare_fields(&templates[0].content, ["date2", "thing9"]),
        [
            Finding::NotConfigured {
                key: "thing1".into()
            },
            Finding::NoSuchField {
                key: "thing9".into()
            },
        ]
    );
}

#[actix_web::test]
async fn a_listed_field_holds_what_the_template_lists_and_nothing_else() {
    let fake = Fake::telling(LIST, &sample());
    let template = fake
        .account()
        .subscribe_templates()
        .await
        .unwrap()
        .remove(1);
    let fill = |room: &str| {
        Filled::new(
            &template.field_keys(),
            &template.lists,
            vec![
                ("time1".into(), "2021年10月21日 12:00:00".into()),
                ("enum_string2".into(), room.into()),
                ("enum_string3".into(), "请及时查看".into()),
            ],
        )
    };
    assert_eq!(fill("餐厅").unwrap().into_fields().len(), 3);
    let wrong = fill("书房").unwrap_err();
    assert_eq!(
        (wrong[0].key.as_str(), wrong[0].problem),
        ("enum_string2", Problem::NotListed)
    );
    assert_eq!(wrong[0].limit, "one of 客厅, 餐厅");
    assert!(!wrong[0].to_string().contains("书房"));
}

#[actix_web::test]
async fn a_template_is_taken_from_the_library_and_given_up() {
    let fake = Fake::telling(ADD, &json!({ "errcode": 0, "priTmplId": "9Aw5" }));
    fake.tell_json(DELETE, &json!({ "errcode": 0, "errmsg": "ok" }));
    let account = fake.account();
    let id = account
        .add_subscribe_template(401, &[1, 2], "活动开始前提醒")
        .await;
    assert_eq!(id.as_deref(), Ok("9Aw5"));
    assert_eq!(account.delete_subscribe_template("9Aw5").await, Ok(()));
    assert_eq!(
        fake.only(ADD).json(),
        json!({ "tid": "401", "kidList": [1, 2], "sceneDesc": "活动开始前提醒" })
    );
    assert_eq!(fake.only(DELETE).json(), json!({ "priTmplId": "9Aw5" }));

    for (kids, scene, field) in [
        (vec![1], "提醒".to_owned(), "kidList"),
        (vec![1; 6], "提醒".to_owned(), "kidList"),
        (vec![1, 2], "提".repeat(16), "sceneDesc"),
    ] {
        let error = account
            .add_subscribe_template(401, &kids, &scene)
            .await
            .unwrap_err();
        let Error::Limit(limit) = error else {
            panic!("{error:?}")
        };
        assert_eq!(limit.field, field);
    }
}

#[actix_web::test]
async fn the_library_is_searched_by_category() {
    let fake = Fake::telling(
        CATEGORIES,
        &json!({ "errcode": 0, "data": [{ "id": 616, "name": "政务民生" }] }),
    );
    fake.tell_json(
        TITLES,
        &json!({ "errcode": 0, "count": 55, "data": [
            { "tid": 99, "title": "会议通知", "type": 2, "categoryId": "616" },
        ] }),
    );
    fake.tell_json(
        KEYWORDS,
        &json!({ "errcode": 0, "data": [
            { "kid": 1, "name": "会议名称", "example": "座谈会", "rule": "thing" },
        ] }),
    );
    let account = fake.account();
    let category = Category {
        id: 616,
        name: "政务民生".into(),
    };
    assert_eq!(account.subscribe_categories().await, Ok(vec![category]));
    let title = LibraryTitle {
        tid: 99,
        title: "会议通知".into(),
        category: Some(616),
    };
    let titles = account.library_titles(&[616, 617], 0, 30).await;
    assert_eq!(titles, Ok((vec![title], 55)));
    let keyword = LibraryKeyword {
        kid: 1,
        name: "会议名称".into(),
        example: "座谈会".into(),
        rule: "thing".into(),
    };
    assert_eq!(account.library_keywords(99).await, Ok(vec![keyword]));

    let query = fake.only(TITLES).query;
    assert_eq!(
        [&query["ids"], &query["start"], &query["limit"]],
        ["616,617", "0", "30"]
    );
    assert_eq!(fake.only(KEYWORDS).query["tid"], "99");
    let error = account.library_titles(&[616], 0, 31).await;
    assert!(matches!(error, Err(Error::Limit(_))), "{error:?}");
}
