//! The tags an official account puts on its followers.

use serde_json::{Value, json};

use super::answer::{Ask, Outcome, Refused, bare, done, number};
use super::followers::{followers_where, page_after};
use super::people::Tie;
use super::state::World;

/// How many tags an account may have.
const TAGS: usize = 100;
/// How many tags one follower may carry.
const TAGS_EACH: usize = 20;
/// How many followers are tagged in one call.
const BATCH: usize = 50;
/// The first number WeChat gives; those below are its own, such as 2 for starred followers.
const FIRST: i64 = 100;

fn known_tag(world: &mut World, ask: &Ask, given: &Value) -> Result<i64, Refused> {
    let id = number(given).ok_or_else(|| Refused::new(45159, "invalid tag"))?;
    if (0..FIRST).contains(&id) {
        return Err(Refused::new(45058, "can't modify sys tag"));
    }
    if !world.caller(ask).tags.contains_key(&id) {
        return Err(Refused::new(45159, "invalid tag"));
    }
    Ok(id)
}

fn checked_name(world: &mut World, ask: &Ask, own: Option<i64>) -> Result<String, Refused> {
    let name = ask.body["tag"]["name"].as_str().unwrap_or_default();
    if name.is_empty() || 30 < name.len() {
        return Err(Refused::new(45158, "invalid tag name size"));
    }
    let tags = &world.caller(ask).tags;
    if tags
        .iter()
        .any(|(id, other)| Some(*id) != own && other == name)
    {
        return Err(Refused::new(45157, "invalid tag name"));
    }
    Ok(name.to_owned())
}

/// `POST cgi-bin/tags/create`.
pub(super) fn create(world: &mut World, ask: &Ask) -> Outcome {
    let name = checked_name(world, ask, None)?;
    let tags = &mut world.caller(ask).tags;
    if TAGS <= tags.len() {
        return Err(Refused::new(45056, "too many tag now, no need to add new"));
    }
    let id = tags.last_key_value().map_or(FIRST, |(last, _)| last + 1);
    tags.insert(id, name.clone());
    bare(json!({ "tag": { "id": id, "name": name } }))
}

/// `GET cgi-bin/tags/get`.
pub(super) fn list(world: &mut World, ask: &Ask) -> Outcome {
    let tags = world.caller(ask).tags.clone();
    let listed: Vec<Value> = tags
        .iter()
        .map(|(id, name)| {
            let count = followers_where(world, &ask.app_id, |tie| tie.tags.contains(id)).len();
            json!({ "id": id, "name": name, "count": count })
        })
        .collect();
    bare(json!({ "tags": listed }))
}

/// `POST cgi-bin/tags/update`.
pub(super) fn update(world: &mut World, ask: &Ask) -> Outcome {
    let id = known_tag(world, ask, &ask.body["tag"]["id"])?;
    let name = checked_name(world, ask, Some(id))?;
    world.caller(ask).tags.insert(id, name);
    done()
}

/// `POST cgi-bin/tags/delete`: followers lose it, too.
pub(super) fn delete(world: &mut World, ask: &Ask) -> Outcome {
    let id = known_tag(world, ask, &ask.body["tag"]["id"])?;
    world.caller(ask).tags.remove(&id);
    for person in world.people.values_mut() {
        if let Some(tie) = person.ties.get_mut(&ask.app_id) {
            tie.tags.retain(|tag| *tag != id);
        }
    }
    done()
}

/// `POST cgi-bin/tags/members/batchtagging`: all of them or none.
pub(super) fn tag_members(world: &mut World, ask: &Ask) -> Outcome {
    let id = known_tag(world, ask, &ask.body["tagid"])?;
    let full = |tie: &Tie| !tie.tags.contains(&id) && TAGS_EACH <= tie.tags.len();
    let people = members(world, ask)?;
    for person in &people {
        if world.people[person].ties.get(&ask.app_id).is_some_and(full) {
            return Err(Refused::new(45059, "fan has too many tag"));
        }
    }
    for person in &people {
        let tie = world
            .tie(&ask.app_id, person)
            .expect("members are known here");
        if !tie.tags.contains(&id) {
            tie.tags.push(id);
        }
    }
    done()
}

/// `POST cgi-bin/tags/members/batchuntagging`.
pub(super) fn untag_members(world: &mut World, ask: &Ask) -> Outcome {
    let id = known_tag(world, ask, &ask.body["tagid"])?;
    for person in members(world, ask)? {
        let tie = world
            .tie(&ask.app_id, &person)
            .expect("members are known here");
        tie.tags.retain(|tag| *tag != id);
    }
    done()
}

/// `POST cgi-bin/tags/getidlist`.
pub(super) fn of_member(world: &mut World, ask: &Ask) -> Outcome {
    let person = world.recipient(&ask.app_id, ask.text("openid"))?;
    let tie = world.people[&person].ties.get(&ask.app_id);
    let tags = tie.map_or(&[][..], |tie| &tie.tags);
    bare(json!({ "tagid_list": tags }))
}

/// `POST cgi-bin/user/tag/get`: the followers with a tag, in pages; `data` may be absent.
pub(super) fn members_of(world: &mut World, ask: &Ask) -> Outcome {
    let id = known_tag(world, ask, &ask.body["tagid"])?;
    let tagged = followers_where(world, &ask.app_id, |tie| tie.tags.contains(&id));
    let page = page_after(world, &ask.app_id, &tagged, ask.text("next_openid"))?;
    let mut answer = json!({ "count": page.len(), "next_openid": "" });
    if let Some(last) = page.last() {
        answer["next_openid"] = last.as_str().into();
        answer["data"] = json!({ "openid": page });
    }
    bare(answer)
}

/// The followers a batch names.
fn members(world: &World, ask: &Ask) -> Result<Vec<String>, Refused> {
    let list = ask.body["openid_list"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if list.is_empty() || BATCH < list.len() {
        return Err(Refused::new(40032, "invalid openid list size"));
    }
    list.iter()
        .map(|openid| {
            let person = world.recipient(&ask.app_id, openid.as_str().unwrap_or_default())?;
            let tie = world.people[&person].ties.get(&ask.app_id);
            if tie.is_some_and(|tie| tie.followed_at.is_some()) {
                Ok(person)
            } else {
                Err(Refused::new(49003, "not match openid with appid"))
            }
        })
        .collect()
}
