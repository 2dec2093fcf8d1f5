//! Drills on servers of their own: what happens to PostgreSQL, to Redis and to the nodes on real
//! machines is done to them here while members check in (reliability.md §6).
//!
//! `cargo xtask test` runs them small, `cargo xtask chaos` large.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up must stop"
)]

mod postgres;
mod redis;
mod replica;
mod update;

use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tests::drill::phones::{Busy, Rush, Told, Venue};
use tests::drill::{Ground, books};
use tests::node::Serving;
use xtask::servers::Servers;

const PROGRAM: &str = env!("CARGO_BIN_EXE_xingdong-under-test");

/// Two nodes on a PostgreSQL and a Redis of their own, and members who check in all the time.
struct Drill {
    name: &'static str,
    servers: Arc<Mutex<Servers>>,
    ground: Ground,
    nodes: [Serving; 2],
    busy: Busy,
}

impl Drill {
    /// Begins with so many members.
    async fn begin(name: &'static str, members: usize, rush: Rush) -> Self {
        let servers = Servers::for_drill(name).unwrap();
        let configuration = configuration(&servers);
        let ground = Ground::prepare(PROGRAM, configuration, members, 1)
            .await
            .unwrap();
        let nodes = [ground.node("a").await, ground.node("b").await];
        let bases = [&*nodes[0].base, &nodes[1].base];
        let busy = Venue::open(Rc::clone(&ground.acts), &bases, rush);
        let drill = Self {
            name,
            servers: Arc::new(Mutex::new(servers)),
            ground,
            nodes,
            busy,
        };
        drill.busy.venue.until_acknowledged(rush.phones).await;
        drill
    }

    /// Does something to the servers, beside the phones, which must not wait for it.
    async fn inflict<T: Send + 'static>(
        &self,
        what: impl FnOnce(&mut Servers) -> anyhow::Result<T> + Send + 'static,
    ) -> T {
        let servers = Arc::clone(&self.servers);
        let inflicted = actix_web::rt::task::spawn_blocking(move || {
            what(&mut servers.lock().expect("nobody panicked with it"))
        });
        inflicted.await.unwrap().unwrap()
    }

    /// Ends: nobody panicked, every answer was in order, and the books are right.
    async fn end(self, unheard: bool) -> Told {
        let told = self.busy.close().await;
        let count = books::compare(&self.ground, &told).await.unwrap();
        eprintln!(
            "{}: {count} check-ins, answers {:?}, the longest {:?}",
            self.name,
            told.counts(),
            told.longest()
        );
        told.answers_were_in_order(unheard);
        for node in &self.nodes {
            assert!(!node.log().contains("panicked"), "{}", node.log());
        }
        told
    }
}

fn configuration(servers: &Servers) -> Value {
    let database = servers.postgres.create_database("drill").unwrap();
    Ground::configuration(&database, Some(&servers.redis.url()))
}

async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}
