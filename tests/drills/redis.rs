//! Redis killed, frozen, out of memory and full of garbage: nobody who checks in notices.

use std::time::Duration;

use chrono::Utc;
use domain::time::shanghai;
use tests::drill::phones::Rush;

use xtask::servers::Servers;

use crate::{Drill, pass};

/// How long each trouble lasts.
const TROUBLE: Duration = Duration::from_secs(2);

#[actix_web::test]
async fn members_check_in_as_ever_whatever_happens_to_redis() {
    let rush = Rush {
        phones: 16,
        pause: Duration::from_millis(250),
        led: false,
    };
    let drill = Drill::begin("redis", 2_000, rush).await;

    drill.inflict(|servers| servers.redis.kill()).await;
    pass(TROUBLE).await;
    drill.inflict(Servers::start_again).await;
    pass(TROUBLE).await;

    drill.inflict(|servers| servers.redis.freeze()).await;
    pass(TROUBLE).await;
    drill.inflict(|servers| servers.redis.thaw()).await;

    let garbage = garbage(&drill).await;
    let fill = move |servers: &mut Servers| servers.redis.tell(&garbage);
    let filled = drill.inflict(fill).await;
    assert!(filled.matches("+OK").count() > 1_000, "{filled}");
    pass(TROUBLE).await;

    let limit = |servers: &mut Servers| servers.redis.tell("CONFIG SET maxmemory 1");
    drill.inflict(limit).await;
    pass(TROUBLE).await;
    let limit = |servers: &mut Servers| servers.redis.tell("CONFIG SET maxmemory 0");
    drill.inflict(limit).await;

    drill.busy.venue.until_well(Duration::from_secs(1)).await;
    let told = drill.end(false).await;
    assert_eq!(told.failed(), 0, "{:?}", told.counts());
}

/// Values that are no counts, in place of the counts of every member in these minutes.
async fn garbage(drill: &Drill) -> String {
    use entity::{Scoped, member};
    let app = drill.ground.app().await.unwrap();
    let members = member::Entity::of(drill.ground.acts[0].committee)
        .all(app.db.read())
        .await
        .unwrap();
    let east = i64::from(shanghai().local_minus_utc());
    let minute = (Utc::now().timestamp() + east) / 60;
    let values = [
        "\"\\xff\\x00 no count\"",
        "-7",
        "99999999999999999999",
        "0.5",
        "\"\"",
    ];
    let mut commands = String::new();
    for (number, member) in members.iter().enumerate() {
        for minute in [minute, minute + 1] {
            let key = format!("drill:limit:check_in:{}:{minute}", member.id);
            let value = values[number % values.len()];
            commands.push_str(&format!("SET {key} {value}\r\n"));
            if number % 7 == 0 {
                commands.push_str(&format!("DEL {key}\r\nRPUSH {key} a list\r\n"));
            }
        }
    }
    commands
}
