//! What WeChat's codes mean.

use std::collections::BTreeSet;

use wechat::error::{ApiError, Class, Endpoint, class_of};

use crate::vectors::{entries, text, vectors};

#[test]
fn every_code_of_the_table_has_its_class() {
    for entry in entries(&vectors("error_codes"), "codes") {
        let code = entry["code"].as_i64().unwrap();
        let class = format!("{:?}", class_of(Endpoint::TemplateSend, code));
        assert_eq!(class, text(&entry, "class"), "{code}");
    }
}

#[test]
fn the_table_names_every_code_that_has_a_class() {
    let table = entries(&vectors("error_codes"), "codes");
    let named: BTreeSet<i64> = table
        .iter()
        .filter_map(|one| one["code"].as_i64())
        .collect();
    assert_eq!(named.len(), table.len());
    let classed: BTreeSet<i64> = (-1000..100_000)
        .chain(9_000_000..9_010_000)
        .filter(|code| class_of(Endpoint::TemplateSend, *code) != Class::Unknown)
        .collect();
    assert_eq!(classed, named);
}

#[test]
fn the_code_40001_is_a_bad_token_or_a_wrong_secret() {
    assert_eq!(class_of(Endpoint::TemplateSend, 40001), Class::Token);
    assert_eq!(class_of(Endpoint::StableToken, 40001), Class::Config);
    assert_eq!(class_of(Endpoint::Login, 40001), Class::Config);
}

#[test]
fn a_code_nobody_knows_is_not_mistaken_for_success() {
    assert_eq!(class_of(Endpoint::TemplateSend, 99_999), Class::Unknown);
}

#[test]
fn a_refusal_gives_up_its_rid_its_field_and_our_address() {
    let rid = Some("61725984-6126f6f9-040f19c4".to_owned());
    let error = ApiError::new(
        Endpoint::TemplateSend,
        47003,
        "argument invalid! data.thing1.value is empty rid: 61725984-6126f6f9-040f19c4",
    );
    assert_eq!((error.field.as_deref(), &error.rid), (Some("thing1"), &rid));
    assert_eq!(
        error.message,
        "argument invalid! data.thing1.value is empty"
    );

    let error = ApiError::new(
        Endpoint::StableToken,
        40164,
        "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 61725984-6126f6f9-040f19c4",
    );
    assert_eq!(
        (error.seen_ip, &error.rid),
        (Some([203, 0, 113, 7].into()), &rid)
    );

    let error = ApiError::new(
        Endpoint::Login,
        40163,
        "code been used, rid: 61725984-6126f6f9-040f19c4",
    );
    assert_eq!(
        (error.message.as_str(), &error.rid),
        ("code been used", &rid)
    );

    let hint = "invalid credential, access_token is invalid or not latest hint: [T9xYoA0123ABC!]";
    let error = ApiError::new(Endpoint::UserInfo, 40001, hint);
    assert_eq!((error.rid.as_deref(), error.seen_ip), (None, None));
    assert_eq!(
        error.message,
        "invalid credential, access_token is invalid or not latest"
    );
}

#[test]
fn a_refusal_repeats_no_openid_and_no_token() {
    let openid = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M";
    let token = "97_".to_owned() + &"x".repeat(133);
    let errmsg = format!("invalid openid {openid}, access_token={token} rid: 1-2-3");
    let error = ApiError::new(Endpoint::UserInfo, 40003, &errmsg);
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains(openid) && !shown.contains("xxxx"),
        "{shown}"
    );
    assert_eq!(error.message, "invalid openid …, access_token=…");
}
