//! The part of HAProxy that a failover needs, on this machine: one address, behind which the
//! primary changes, and connections that end when it does.

use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;

/// An address that leads to the primary of the moment. Its threads end with the process.
pub struct Switch {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The port of the primary; without one nobody is let through.
    primary: Option<u16>,
    open: Vec<TcpStream>,
}

impl Switch {
    /// Listens on a port of the system's choice.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let switch = Self {
            address: listener.local_addr()?,
            state: Arc::default(),
        };
        let state = Arc::clone(&switch.state);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // Who cannot be let through is hung up on, as HAProxy does.
                let _ = let_through(&state, client);
            }
        });
        Ok(switch)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Leads to another primary, or to none, and cuts what is connected to the one before.
    pub fn lead_to(&self, primary: Option<u16>) {
        let mut state = held(&self.state);
        state.primary = primary;
        for stream in state.open.drain(..) {
            // What is closed already needs no closing.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn held(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn let_through(state: &Mutex<State>, client: TcpStream) -> std::io::Result<()> {
    // Held until both ends are noted: nobody slips through while the primary changes.
    let mut state = held(state);
    let Some(port) = state.primary else {
        return client.shutdown(Shutdown::Both);
    };
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
        state.open.push(stream.try_clone()?);
    }
    carry(client.try_clone()?, server.try_clone()?);
    carry(server, client);
    Ok(())
}

/// Carries what one end says to the other until either ends.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ended = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
}
