//! Callbacks that are forged, stale, misdirected or meant to do harm.

use chrono::TimeDelta;
use wechat::callback::{
    BODY_LIMIT, CallbackError, Endpoint, Mode, ParseError, Query, open, verify_url,
};
use wechat::crypto::{CryptError, MessageCrypt};

use crate::pushes::{
    KEY, TOKEN, crypt, endpoint, now, open_plain, plain_query, said, sealed, xml_envelope,
};

#[test]
fn a_forged_plain_body_with_an_overheard_signature_is_nothing_to_safe_and_compat_accounts() {
    let forged = said("boss", "forged");
    for mode in [Mode::Safe, Mode::Compat] {
        for encrypt_type in [None, Some("raw".to_owned())] {
            let query = Query {
                encrypt_type,
                ..plain_query()
            };
            let refused = open(&endpoint(mode), &query, forged.as_bytes(), now());
            assert_eq!(refused, Err(CallbackError::Missing("msg_signature")));

            let msg_signature = query.signature.clone();
            let query = Query {
                msg_signature,
                ..query
            };
            let refused = open(&endpoint(mode), &query, forged.as_bytes(), now());
            assert_eq!(
                refused,
                Err(CallbackError::Parse(ParseError::Missing("Encrypt")))
            );

            let empty = xml_envelope("");
            let refused = open(&endpoint(mode), &query, empty.as_bytes(), now());
            assert_eq!(
                refused,
                Err(CallbackError::Crypt(CryptError::CipherLength { length: 0 }))
            );
        }
    }
}

#[test]
fn plain_fields_beside_an_envelope_are_never_read() {
    let (query, encrypt) = sealed(&said("alice", "real"));
    let forged = said("boss", "forged").replace(
        "</xml>",
        &format!("<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"),
    );
    let push = open(&endpoint(Mode::Compat), &query, forged.as_bytes(), now()).unwrap();
    assert_eq!(push.from_user_name, "alice");

    // A second envelope is not what was signed.
    let other = crypt().seal_with(said("boss", "forged").as_bytes(), [1; 16]);
    let two = xml_envelope(&other).replace(
        "</xml>",
        &format!("<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"),
    );
    let refused = open(&endpoint(Mode::Compat), &query, two.as_bytes(), now());
    assert_eq!(refused, Err(CallbackError::Crypt(CryptError::Signature)));
}

#[test]
fn an_envelope_of_another_app_or_with_a_changed_letter_stays_closed() {
    let foreign = MessageCrypt::new("wx2", TOKEN, KEY, None).unwrap();
    let encrypt = foreign.seal_with(said("alice", "hi").as_bytes(), [1; 16]);
    let query = plain_query();
    let timestamp = query.timestamp.clone().unwrap();
    let msg_signature = Some(foreign.signature(&timestamp, "42", Some(&encrypt)));
    let query = Query {
        msg_signature,
        ..query
    };
    let refused = open(
        &endpoint(Mode::Safe),
        &query,
        xml_envelope(&encrypt).as_bytes(),
        now(),
    );
    assert_eq!(refused, Err(CallbackError::Crypt(CryptError::AppId)));

    let (query, encrypt) = sealed(&said("alice", "hi"));
    let first = encrypt.chars().next().unwrap();
    let changed = encrypt.replacen(first, if first == 'A' { "B" } else { "A" }, 1);
    let refused = open(
        &endpoint(Mode::Safe),
        &query,
        xml_envelope(&changed).as_bytes(),
        now(),
    );
    assert_eq!(refused, Err(CallbackError::Crypt(CryptError::Signature)));
}

#[test]
fn a_request_counts_for_five_minutes_on_either_side() {
    let body = said("alice", "hi");
    let at = |seconds| {
        let now = now() + TimeDelta::seconds(seconds);
        open(&endpoint(Mode::Plain), &plain_query(), body.as_bytes(), now).map(drop)
    };
    assert_eq!(at(-301), Err(CallbackError::Stale { at: now() }));
    assert_eq!(at(-300), Ok(()));
    assert_eq!(at(300), Ok(()));
    assert_eq!(at(301), Err(CallbackError::Stale { at: now() }));

    let mut query = plain_query();
    query.timestamp = Some("soon".into());
    let refused = open(&endpoint(Mode::Plain), &query, body.as_bytes(), now());
    assert_eq!(refused, Err(CallbackError::Timestamp));
}

#[test]
fn the_check_of_an_address_counts_for_five_minutes_too() {
    let query = Query {
        echostr: Some("4375120948345356249".into()),
        ..plain_query()
    };
    let endpoint = endpoint(Mode::Safe);
    assert_eq!(
        verify_url(&endpoint, &query, now()),
        Ok("4375120948345356249".into())
    );
    let late = now() + TimeDelta::minutes(6);
    assert_eq!(
        verify_url(&endpoint, &query, late),
        Err(CallbackError::Stale { at: now() })
    );
}

#[test]
fn a_push_for_another_account_is_refused() {
    let endpoint = Endpoint {
        to_user_name: Some("gh_2".into()),
        ..endpoint(Mode::Plain)
    };
    let refused = open(
        &endpoint,
        &plain_query(),
        said("alice", "hi").as_bytes(),
        now(),
    );
    assert_eq!(refused, Err(CallbackError::OtherAccount));
}

#[test]
fn hostile_bodies_are_refused_before_they_cost_anything() {
    let parse = |body: &str| open_plain(body).unwrap_err();
    assert_eq!(
        parse(&"x".repeat(BODY_LIMIT + 1)),
        CallbackError::TooLong {
            length: BODY_LIMIT + 1
        }
    );
    assert_eq!(
        parse(&"<a>".repeat(50)),
        CallbackError::Parse(ParseError::Depth)
    );
    let nested = format!("{{\"a\":{}1{}}}", "[".repeat(50), "]".repeat(50));
    assert_eq!(parse(&nested), CallbackError::Parse(ParseError::Depth));
    let deeper = "[".repeat(100_000);
    assert_eq!(
        parse(&format!("{{\"a\":{deeper}")),
        CallbackError::Parse(ParseError::Format)
    );
    for entity in ["&x;", "&#0;", "&#x110000;"] {
        let body = format!("<xml><ToUserName>{entity}</ToUserName></xml>");
        assert_eq!(
            parse(&body),
            CallbackError::Parse(ParseError::Entity),
            "{entity}"
        );
    }
    for broken in [
        "",
        "hello",
        "<xml>",
        "<xml></yml>",
        "<xml/>",
        "{}x",
        "[]",
        "<a>1</a><b>2</b>",
    ] {
        let error = parse(broken);
        assert_eq!(
            error,
            CallbackError::Parse(ParseError::Format),
            "{broken:?}"
        );
    }
    let bytes = open(&endpoint(Mode::Plain), &plain_query(), &[b'<', 0xFF], now());
    assert_eq!(bytes, Err(CallbackError::Parse(ParseError::Format)));
    assert_eq!(
        parse("{}"),
        CallbackError::Parse(ParseError::Missing("ToUserName"))
    );
}
