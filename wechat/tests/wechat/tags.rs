//! Tags and remarks: how an account tells its followers apart.

use serde_json::{Value, json};
use wechat::Error;
use wechat::tags::{Tag, TagName};

use crate::fake::{Fake, refusal};

const CREATE: &str = "/cgi-bin/tags/create";
const GET: &str = "/cgi-bin/tags/get";
const UPDATE: &str = "/cgi-bin/tags/update";
const DELETE: &str = "/cgi-bin/tags/delete";
const ON: &str = "/cgi-bin/tags/members/batchtagging";
const OFF: &str = "/cgi-bin/tags/members/batchuntagging";
const OF: &str = "/cgi-bin/tags/getidlist";
const WITH: &str = "/cgi-bin/user/tag/get";
const REMARK: &str = "/cgi-bin/user/info/updateremark";

fn ok() -> Value {
    json!({ "errcode": 0, "errmsg": "ok" })
}

fn many(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("o{number}")).collect()
}

#[actix_web::test]
async fn a_tag_is_made_listed_renamed_and_given_up() {
    let fake = Fake::telling(CREATE, &json!({ "tag": { "id": 134, "name": "经济组" } }));
    fake.tell_json(
        GET,
        &json!({ "tags": [
            { "id": 2, "name": "星标组", "count": 0 },
            { "id": "134", "name": "经济组", "count": "31" },
        ] }),
    );
    fake.tell_json(UPDATE, &ok());
    fake.tell_json(DELETE, &ok());
    let account = fake.account();
    let name = TagName::new("经济组").unwrap();

    let tag = Tag {
        id: 134,
        name: "经济组".into(),
        count: None,
    };
    assert_eq!(account.create_tag(&name).await, Ok(tag.clone()));
    let tags = account.tags().await.unwrap();
    assert_eq!(
        tags[1],
        Tag {
            count: Some(31),
            ..tag
        }
    );
    let other = TagName::new("文史组").unwrap();
    assert_eq!(account.rename_tag(134, &other).await, Ok(()));
    assert_eq!(account.delete_tag(134).await, Ok(()));

    assert_eq!(
        fake.only(CREATE).json(),
        json!({ "tag": { "name": "经济组" } })
    );
    assert_eq!(
        fake.only(UPDATE).json(),
        json!({ "tag": { "id": 134, "name": "文史组" } })
    );
    assert_eq!(fake.only(DELETE).json(), json!({ "tag": { "id": 134 } }));
}

#[test]
fn the_name_of_a_tag_has_ten_han_characters_at_most() {
    assert!(TagName::new(&"组".repeat(10)).is_ok());
    assert_eq!(
        TagName::new(&"组".repeat(11)).unwrap_err().field,
        "tag.name"
    );
    assert!(TagName::new("").is_err());
}

#[actix_web::test]
async fn followers_are_tagged_fifty_at_a_time() {
    let fake = Fake::telling(ON, &ok());
    fake.tell_json(OFF, &ok());
    let account = fake.account();
    account.tag_followers(134, &many(120)).await.unwrap();
    account.untag_followers(134, &many(3)).await.unwrap();
    account.untag_followers(134, &[]).await.unwrap();

    let sizes: Vec<_> = fake
        .seen(ON)
        .iter()
        .map(|seen| seen.json()["openid_list"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [50, 50, 20]);
    assert_eq!(
        fake.only(OFF).json(),
        json!({ "openid_list": ["o0", "o1", "o2"], "tagid": 134 })
    );
}

#[actix_web::test]
async fn tagging_stops_at_the_first_refusal() {
    let fake = Fake::telling(ON, &ok());
    fake.tell_json(ON, &refusal(45059));
    let error = fake
        .account()
        .tag_followers(134, &many(150))
        .await
        .unwrap_err();
    assert_eq!(error.api().map(|error| error.code), Some(45059));
    assert_eq!(fake.seen(ON).len(), 2);
}

#[actix_web::test]
async fn who_carries_a_tag_and_which_tags_somebody_carries() {
    let fake = Fake::telling(
        WITH,
        &json!({ "count": 2, "data": { "openid": ["a", "b"] }, "next_openid": "b" }),
    );
    fake.tell_json(WITH, &json!({ "count": 0 }));
    fake.tell_json(OF, &json!({ "tagid_list": [134, 2] }));
    let account = fake.account();

    assert_eq!(
        account.followers_with_tag(134).await,
        Ok(vec!["a".to_owned(), "b".to_owned()])
    );
    let seen = fake.seen(WITH);
    assert_eq!(seen[0].json(), json!({ "tagid": 134, "next_openid": "" }));
    assert_eq!(seen[1].json(), json!({ "tagid": 134, "next_openid": "b" }));
    assert_eq!(account.tags_of("a").await, Ok(vec![134, 2]));
    assert_eq!(fake.only(OF).json(), json!({ "openid": "a" }));
}

#[actix_web::test]
async fn a_list_of_a_tag_that_turns_in_circles_is_given_up() {
    let page = json!({ "count": 1, "data": { "openid": ["a"] }, "next_openid": "a" });
    let fake = Fake::telling(WITH, &page);
    let error = fake.account().followers_with_tag(134).await;
    assert!(
        matches!(error, Err(Error::Unbelievable { .. })),
        "{error:?}"
    );
}

#[actix_web::test]
async fn a_remark_has_fewer_than_thirty_characters() {
    let fake = Fake::telling(REMARK, &ok());
    let account = fake.account();
    account.update_remark("o1", &"委".repeat(29)).await.unwrap();
    account.update_remark("o1", "").await.unwrap();
    let error = account.update_remark("o1", &"委".repeat(30)).await;
    assert!(matches!(error, Err(Error::Limit(_))), "{error:?}");
    assert_eq!(fake.seen(REMARK).len(), 2);
    assert_eq!(
        fake.seen(REMARK)[1].json(),
        json!({ "openid": "o1", "remark": "" })
    );
}
