//! The paths that read an official account's followers.

use serde_json::{Value, json};

use super::answer::{Ask, Outcome, Refused, bare};
use super::people::openid_of;
use super::state::World;

/// `GET cgi-bin/user/get`: `data` is absent from an empty page, as it is from the real one.
pub(super) fn list(world: &mut World, ask: &Ask) -> Outcome {
    let mut followers: Vec<(u64, String)> = world
        .people
        .iter()
        .filter_map(|(key, person)| {
            let tie = person.ties.get(&ask.app_id)?;
            tie.followed_at?;
            Some((tie.order, openid_of(&ask.app_id, key)))
        })
        .collect();
    followers.sort();
    let after = ask.param("next_openid");
    let start = if after.is_empty() {
        0
    } else {
        // Who has left since the last page still marks the place where they stood.
        let person = world.recipient(&ask.app_id, after)?;
        let order = world.people[&person]
            .ties
            .get(&ask.app_id)
            .map_or(0, |tie| tie.order);
        followers.partition_point(|(place, _)| *place <= order)
    };
    let page: Vec<&String> = followers[start..]
        .iter()
        .take(world.follower_page)
        .map(|(_, openid)| openid)
        .collect();
    let mut answer = json!({ "total": followers.len(), "count": page.len(), "next_openid": "" });
    if let Some(last) = page.last() {
        answer["next_openid"] = last.as_str().into();
        answer["data"] = json!({ "openid": page });
    }
    bare(answer)
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
    let mut info = json!({
        "subscribe": 1,
        "openid": openid,
        "language": "zh_CN",
        "subscribe_time": followed_at.timestamp(),
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": if scanned { "ADD_SCENE_QR_CODE" } else { "ADD_SCENE_SEARCH" },
        "qr_scene": 0,
        "qr_scene_str": tie.scene,
    });
    if let Some(unionid) = world.unionid(app_id, &person) {
        info["unionid"] = unionid.into();
    }
    Ok(info)
}
