//! The paths that read an official account's followers.

use serde_json::{Value, json};

use super::answer::{Ask, Outcome, Refused, bare, done, words_for};
use super::people::{Tie, openid_of};
use super::state::World;

/// `GET cgi-bin/user/get`: `data` is absent from an empty page, as it is from the real one.
pub(super) fn list(world: &mut World, ask: &Ask) -> Outcome {
    let followers = followers_where(world, &ask.app_id, |_| true);
    let page = page_after(world, &ask.app_id, &followers, ask.param("next_openid"))?;
    let mut answer = json!({ "total": followers.len(), "count": page.len(), "next_openid": "" });
    if let Some(last) = page.last() {
        answer["next_openid"] = last.as_str().into();
        answer["data"] = json!({ "openid": page });
    }
    bare(answer)
}

/// One page of a sorted list of places and openids, behind the openid `after`.
pub(super) fn page_after<'a>(
    world: &World,
    app_id: &str,
    sorted: &'a [(u64, String)],
    after: &str,
) -> Result<Vec<&'a String>, Refused> {
    let start = if after.is_empty() {
        0
    } else {
        // Who has left since the last page still marks the place where they stood.
        let person = world.recipient(app_id, after)?;
        let order = world.people[&person]
            .ties
            .get(app_id)
            .map_or(0, |tie| tie.order);
        sorted.partition_point(|(place, _)| *place <= order)
    };
    Ok(sorted[start..]
        .iter()
        .take(world.settings.follower_page)
        .map(|(_, openid)| openid)
        .collect())
}

/// The followers a condition holds for, in the order in which they came.
pub(super) fn followers_where(
    world: &World,
    app_id: &str,
    wanted: impl Fn(&Tie) -> bool,
) -> Vec<(u64, String)> {
    let mut found: Vec<(u64, String)> = world
        .people
        .iter()
        .filter_map(|(key, person)| {
            let tie = person.ties.get(app_id)?;
            tie.followed_at?;
            wanted(tie).then(|| (tie.order, openid_of(app_id, key)))
        })
        .collect();
    found.sort();
    found
}

/// `GET cgi-bin/user/info`.
pub(super) fn info(world: &mut World, ask: &Ask) -> Outcome {
    bare(describe(world, &ask.app_id, ask.param("openid"))?)
}

/// `POST cgi-bin/user/info/batchget`: one bad openid spoils the batch.
pub(super) fn batch(world: &mut World, ask: &Ask) -> Outcome {
    let list = ask.body["user_list"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if list.is_empty() || 100 < list.len() {
        return Err(Refused::new(40032, "invalid openid list size"));
    }
    let described: Result<Vec<Value>, Refused> = list
        .iter()
        .map(|entry| {
            describe(
                world,
                &ask.app_id,
                entry["openid"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    bare(json!({ "user_info_list": described? }))
}

fn describe(world: &World, app_id: &str, openid: &str) -> Result<Value, Refused> {
    let person = world.recipient(app_id, openid)?;
    let tie = world.people[&person].ties.get(app_id);
    let Some((tie, followed_at)) = tie.and_then(|tie| Some((tie, tie.followed_at?))) else {
        return Ok(json!({ "subscribe": 0, "openid": openid }));
    };
    let scanned = !tie.scene.is_empty();
    let scene_id = tie
        .scene_is_number
        .then(|| tie.scene.parse::<i64>().ok())
        .flatten();
    let scene_text = if scene_id.is_some() { "" } else { &tie.scene };
    let mut info = json!({
        "subscribe": 1,
        "openid": openid,
        "language": "zh_CN",
        "subscribe_time": followed_at.timestamp(),
        "remark": tie.remark,
        "groupid": tie.tags.first().copied().unwrap_or(0),
        "tagid_list": tie.tags,
        "subscribe_scene": if scanned { "ADD_SCENE_QR_CODE" } else { "ADD_SCENE_SEARCH" },
        "qr_scene": scene_id.unwrap_or(0),
        "qr_scene_str": scene_text,
    });
    if let Some(unionid) = world.unionid(app_id, &person) {
        info["unionid"] = unionid.into();
    }
    Ok(info)
}

/// `POST cgi-bin/user/info/updateremark`.
pub(super) fn remark(world: &mut World, ask: &Ask) -> Outcome {
    let person = world.recipient(&ask.app_id, ask.text("openid"))?;
    let remark = ask.text("remark");
    if 30 <= remark.chars().count() {
        return Err(Refused::new(45157, "remark too long"));
    }
    let tie = world
        .tie(&ask.app_id, &person)
        .expect("the recipient is known here");
    if tie.followed_at.is_none() {
        return Err(Refused::new(43004, words_for(43004)));
    }
    remark.clone_into(&mut tie.remark);
    done()
}
