//! The blacklist of an official account: whose messages it does not want to hear, and whom it
//! cannot write to either (43019).

use serde_json::json;

use super::answer::{Ask, Outcome, Refused, bare, done};
use super::followers::{followers_where, page_after};
use super::state::World;

/// How many openids one call may name.
const BATCH: usize = 20;

/// `POST cgi-bin/tags/members/getblacklist`.
pub(super) fn list(world: &mut World, ask: &Ask) -> Outcome {
    let listed = followers_where(world, &ask.app_id, |tie| tie.blacklisted);
    let page = page_after(world, &ask.app_id, &listed, ask.text("begin_openid"))?;
    let mut answer = json!({ "total": listed.len(), "count": page.len(), "next_openid": "" });
    if let Some(last) = page.last() {
        answer["next_openid"] = last.as_str().into();
        answer["data"] = json!({ "openid": page });
    }
    bare(answer)
}

/// `POST cgi-bin/tags/members/batchblacklist`.
pub(super) fn add(world: &mut World, ask: &Ask) -> Outcome {
    set(world, ask, true)
}

/// `POST cgi-bin/tags/members/batchunblacklist`.
pub(super) fn remove(world: &mut World, ask: &Ask) -> Outcome {
    set(world, ask, false)
}

fn set(world: &mut World, ask: &Ask, blacklisted: bool) -> Outcome {
    let list = ask.body["openid_list"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if list.is_empty() || BATCH < list.len() {
        return Err(Refused::new(40032, "invalid openid list size"));
    }
    let people: Result<Vec<String>, Refused> = list
        .iter()
        .map(|openid| world.recipient(&ask.app_id, openid.as_str().unwrap_or_default()))
        .collect();
    for person in people? {
        world
            .tie(&ask.app_id, &person)
            .expect("the people were found here")
            .blacklisted = blacklisted;
    }
    done()
}
