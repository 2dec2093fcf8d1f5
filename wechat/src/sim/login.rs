//! The paths of a mini-program's login: session, session key and phone number.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rand::RngExt;
use serde_json::json;
use sha2::Sha256;

use super::answer::{Ask, Outcome, Refused, bare, done, done_with, words_for};
use super::people::{CODE_LIFE, CodeKind};
use super::state::World;

pub(super) fn invalid_code() -> Refused {
    Refused::new(40029, words_for(40029))
}

/// Uses a code up and says whose it was and of which kind.
pub(super) fn redeem(
    world: &mut World,
    ask: &Ask,
    text: &str,
    wanted: &[CodeKind],
) -> Result<(String, CodeKind), Refused> {
    let code = world.codes.get_mut(text);
    let code = code
        .filter(|code| wanted.contains(&code.kind))
        .ok_or_else(invalid_code)?;
    if code.app_id != ask.app_id {
        return Err(match code.kind {
            CodeKind::Phone => Refused::new(40013, words_for(40013)),
            CodeKind::Login | CodeKind::PageBase | CodeKind::PageUserInfo => invalid_code(),
        });
    }
    if code.used {
        return Err(Refused::new(40163, "code been used,"));
    }
    if code.issued_at + CODE_LIFE < ask.now {
        return Err(invalid_code());
    }
    code.used = true;
    Ok((code.person.clone(), code.kind))
}

/// `GET sns/jscode2session`.
pub(super) fn session(world: &mut World, ask: &Ask) -> Outcome {
    if ask.param("grant_type") != "authorization_code" {
        return Err(Refused::new(40002, "invalid grant_type"));
    }
    let (person, _) = redeem(world, ask, ask.param("js_code"), &[CodeKind::Login])?;
    let unionid = world.unionid(&ask.app_id, &person);
    let key = world.people[&person].ties[&ask.app_id].session_key.clone();
    let mut answer = json!({
        "session_key": key,
        "openid": super::people::openid_of(&ask.app_id, &person),
    });
    if let Some(unionid) = unionid {
        answer["unionid"] = unionid.into();
    }
    bare(answer)
}

/// Whether `signature` was made with the session key this person has now.
fn person_with_signature(world: &World, ask: &Ask) -> Result<String, Refused> {
    let person = world.recipient(&ask.app_id, ask.param("openid"))?;
    if ask.param("sig_method") != "hmac_sha256" {
        return Err(Refused::new(87008, "invalid sig_method"));
    }
    let tie = world.people[&person].ties.get(&ask.app_id);
    let key = tie.and_then(|tie| tie.session_key.as_deref());
    let key = key.ok_or_else(|| Refused::new(87007, "session_key is not existed"))?;
    // The key is the base64 text itself, not what it encodes.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes any key");
    if hex::encode(mac.finalize().into_bytes()) != ask.param("signature") {
        return Err(Refused::new(87009, "invalid signature"));
    }
    Ok(person)
}

/// `GET wxa/checksession`.
pub(super) fn check_session(world: &mut World, ask: &Ask) -> Outcome {
    match person_with_signature(world, ask) {
        Err(gone) if gone.errcode == 87007 => Err(Refused::new(87009, "invalid signature")),
        Err(refused) => Err(refused),
        Ok(_) => done(),
    }
}

/// `GET wxa/resetusersessionkey`.
pub(super) fn reset_session(world: &mut World, ask: &Ask) -> Outcome {
    let person = person_with_signature(world, ask)?;
    let key = STANDARD.encode(world.rng.random::<[u8; 16]>());
    let tie = world
        .tie(&ask.app_id, &person)
        .expect("the signature named both");
    tie.session_key = Some(key.clone());
    done_with(json!({ "openid": ask.param("openid"), "session_key": key }))
}

/// `POST wxa/business/getuserphonenumber`.
pub(super) fn phone_number(world: &mut World, ask: &Ask) -> Outcome {
    let text = ask.text("code");
    let openid = ask.text("openid");
    let owner = world.codes.get(text).map(|code| code.person.clone());
    if !openid.is_empty() && owner != world.recipient(&ask.app_id, openid).ok() {
        return Err(invalid_code());
    }
    let (person, _) = redeem(world, ask, text, &[CodeKind::Phone])?;
    let phone = &world.people[&person].phone;
    done_with(json!({ "phone_info": {
        "phoneNumber": phone,
        "purePhoneNumber": phone,
        "countryCode": "86",
        "watermark": { "timestamp": ask.now.timestamp(), "appid": ask.app_id },
    }}))
}
