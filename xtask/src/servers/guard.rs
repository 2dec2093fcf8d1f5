//! A server process that cannot outlive us, however we end.
//!
//! The server is the child of a small shell that waits for our end of a pipe to close. It
//! closes when we stop the server, when we fail, at Ctrl-C, and when we are killed: one way to
//! stop for all of them. Only the parent of a process can know that its number was not given
//! to another, so the shell stops exactly the process it started.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use std::os::unix::process::CommandExt as _;

use anyhow::{Context, Result, bail};

use super::Home;
use crate::workspace;

/// `$1` the signal that stops the server, `$2` its folder, `$3` whether to `remove` or to `keep` it
/// afterwards, then the server.
const SHELL: &str = r#"
signal=$1; room=$2; after=$3; shift 3
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
echo "$server" >"$room/server.pid"
( read -r line <&3; kill -"$signal" "$server" 2>/dev/null ) &
reader=$!
wait "$server"
ended=$?
kill "$reader" 2>/dev/null
[ "$after" = keep ] || rm -rf -- "$room"
exit "$ended"
"#;

const LONGEST_STOP: Duration = Duration::from_secs(20);

/// A running server. Dropping this stops it.
pub struct Guarded {
    name: &'static str,
    shell: Child,
    log: PathBuf,
    room: PathBuf,
}

impl Guarded {
    /// Starts `server`, which has a folder of its own, `room`, and stops at `signal`.
    ///
    /// What it prints goes to `target/xtask/<name>.log`, which stays for the curious.
    pub fn start(
        name: &'static str,
        server: &Command,
        signal: &str,
        room: &Path,
        home: &Home,
    ) -> Result<Self> {
        let log = workspace::target()
            .join("xtask")
            .join(format!("{}{name}.log", home.prefix));
        // Of a server that is started again we want to read all.
        let again = room.join("server.pid").exists();
        let output = File::options()
            .create(true)
            .write(true)
            .append(again)
            .truncate(!again)
            .open(&log);
        let output = output.with_context(|| format!("creating {}", log.display()))?;
        let shell = home
            .command("sh")
            .args(["-c", SHELL, "sh", signal])
            .arg(room)
            .arg(if home.keeps { "keep" } else { "remove" })
            .arg(server.get_program())
            .args(server.get_args())
            .current_dir(&home.folder)
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            // A group of its own: Ctrl-C in the terminal reaches us only, and through us them.
            .process_group(0)
            .spawn()
            .with_context(|| format!("{name} could not be started"))?;
        Ok(Self {
            name,
            shell,
            log,
            room: room.to_owned(),
        })
    }

    /// Sends a signal to the server and to every process it started.
    pub fn signal(&mut self, signal: &str) -> Result<()> {
        self.must_be_running()?;
        let file = self.room.join("server.pid");
        let server = std::fs::read_to_string(&file)
            .with_context(|| format!("reading {}", file.display()))?;
        let server = server.trim();
        // The server first, so that it starts no more of them.
        send(signal, server)?;
        let everybody = workspace::output(Command::new("ps").args(["-A", "-o", "pid=,ppid="]))?;
        for line in everybody.lines() {
            let mut words = line.split_whitespace();
            if let (Some(child), Some(parent)) = (words.next(), words.next())
                && parent == server
            {
                // It may have ended with its server.
                let _ = send(signal, child);
            }
        }
        Ok(())
    }

    /// Kills the server and its processes as a power cut would (SIGKILL), and waits until it ended.
    pub fn kill(&mut self) -> Result<()> {
        self.signal("KILL")?;
        let began = Instant::now();
        while self.shell.try_wait()?.is_none() {
            if LONGEST_STOP < began.elapsed() {
                bail!("{} was killed and did not end", self.name);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Asks until the answer is yes; fails when the server ends first or takes too long.
    pub fn wait_until(&mut self, longest: Duration, ready: impl Fn() -> bool) -> Result<()> {
        let began = Instant::now();
        while !ready() {
            self.must_be_running()?;
            if longest < began.elapsed() {
                bail!(
                    "{} is not ready after {longest:?}:\n{}",
                    self.name,
                    self.last_words()
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Fails, with the last lines of its log, when the server has ended.
    pub fn must_be_running(&mut self) -> Result<()> {
        match self.shell.try_wait()? {
            None => Ok(()),
            Some(_) => bail!("{} ended by itself:\n{}", self.name, self.last_words()),
        }
    }

    /// Kills the server and its shell, as a crash would: nothing is tidied up.
    pub fn crash(mut self) -> Result<()> {
        self.kill_group()?;
        Ok(())
    }

    /// The shell leads the group and has not been waited for, so the number is still its own.
    fn kill_group(&mut self) -> Result<()> {
        let group = format!("-{}", self.shell.id());
        workspace::output(Command::new("kill").args(["-KILL", "--", &group]))?;
        self.shell.wait()?;
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

fn send(signal: &str, process: &str) -> Result<()> {
    let signal = format!("-{signal}");
    workspace::output(Command::new("kill").args([&signal, process])).map(drop)
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // One that was frozen would not hear that it is to stop.
        let _ = self.signal("CONT");
        drop(self.shell.stdin.take());
        let began = Instant::now();
        while began.elapsed() < LONGEST_STOP {
            match self.shell.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        eprintln!(
            "xtask: {} does not stop, killing its process group",
            self.name
        );
        // What cannot be killed has ended by itself.
        let _ = self.kill_group();
    }
}
