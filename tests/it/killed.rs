//! A node killed in the middle of a batch, again and again: whoever was told that he is in, is in,
//! and nobody is in twice.
//!
//! On SQLite one node serves; on PostgreSQL and Redis a second one goes on.

use std::rc::Rc;
use std::time::Duration;

use tests::drill::phones::{Rush, Venue};
use tests::drill::{Ground, RECOVERY, books, is_chaos};
use tests::engine::Engine;

const PROGRAM: &str = env!("CARGO_BIN_EXE_xingdong-under-test");

#[actix_web::test]
async fn a_node_killed_in_the_middle_of_a_batch_loses_nothing_it_acknowledged() {
    // Enough that nobody runs out of members however fast the node is, and however late it is
    // back: all phones together begin 800 check-ins a second at most.
    let (kills, members, activities) = if is_chaos() {
        (50, 5_000, 40)
    } else {
        (2, 1_200, 17)
    };
    let engine = Engine::prepare_on_disk().await;
    let mut configuration = Ground::configuration("", None);
    engine.configure(&mut configuration);
    let ground = Ground::prepare(PROGRAM, configuration, members, activities)
        .await
        .unwrap();
    let mut nodes = vec![ground.node("a").await];
    if engine.is_shared() {
        nodes.push(ground.node("b").await);
    }
    let bases: Vec<&str> = nodes.iter().map(|node| &*node.base).collect();
    // Nobody rests for long: there is always a batch under way.
    let rush = Rush {
        phones: 48,
        pause: Duration::from_millis(60),
        led: false,
    };
    let busy = Venue::open(Rc::clone(&ground.acts), &bases, rush);

    let between = if is_chaos() { 400 } else { 300 };
    for kill in 1..=kills {
        let before = busy.venue.acknowledged();
        busy.venue.until_acknowledged(before + between).await;
        let turn = kill % nodes.len();
        let node = &mut nodes[turn];
        assert_eq!(node.kill().code(), None, "it ended by itself");
        node.start_again().await;
        busy.venue.until_well(RECOVERY).await;
    }

    let told = busy.close().await;
    let count = books::compare(&ground, &told).await.unwrap();
    let (counts, longest) = (told.counts(), told.longest());
    eprintln!("{count} check-ins, {kills} kills, answers {counts:?}, the longest {longest:?}");
    told.answers_were_in_order(true);
    assert!(kills <= counts["nothing"], "the kills were not noticed");
    for node in &nodes {
        assert!(!node.log().contains("panicked"), "{}", node.log());
    }
}
