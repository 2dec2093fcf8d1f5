//! Calls the load generator (`tests/src/bin/load`) and reads what it measured.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::contest::Run;
use super::service::Running;
use crate::workspace;

/// The generator.
pub struct Loader(PathBuf);

/// How a service is asked.
#[derive(Clone, Copy)]
pub struct Drive {
    /// Over how many connections.
    pub connections: u32,
    /// For how long at most.
    pub seconds: u32,
    /// So many begin every second; without it each connection asks again when it is answered.
    pub rate: Option<u32>,
}

/// Committees by the number.
#[derive(Clone, Copy)]
pub struct Nation {
    /// How many there are.
    pub committees: u32,
    /// How many members each has.
    pub members: u32,
    /// How many activities each has.
    pub activities: u32,
    /// How many facts are known of each member.
    pub facts: u32,
}

/// What the generator told of a run.
pub struct Told {
    json: String,
    /// Seconds of a core that the services took meanwhile.
    service_cpu: Option<f64>,
}

impl Loader {
    /// One that is built already.
    pub fn at(program: PathBuf) -> Self {
        Self(program)
    }

    /// Writes a committee of that size with open activities, before the service starts.
    pub fn prepare(&self, config: &Path, members: u32, activities: u32) -> Result<()> {
        let mut command = self.command("prepare", config);
        command.args([members, activities].map(|it| it.to_string()));
        workspace::output(&mut command).map(drop)
    }

    /// Writes committees into PostgreSQL behind the `first` ones that are there.
    pub fn nation(&self, config: &Path, nation: Nation, first: u32) -> Result<()> {
        let mut command = self.command("nation", config);
        command.args(sizes(nation));
        command.args(["--first", &first.to_string()]);
        workspace::output(&mut command).map(drop)
    }

    /// Adds what peers need to their database.
    pub fn peer(&self, config: &Path) -> Result<()> {
        workspace::output(&mut self.command("peer", config)).map(drop)
    }

    /// Fails unless good and bad check-ins are answered as our contract says.
    pub fn answers(&self, config: &Path, at: &Running, activity: u32) -> Result<()> {
        let mut command = self.command("answers", config);
        command.args([at.address().to_string(), activity.to_string()]);
        workspace::output(&mut command).map(drop)
    }

    /// How long one committee waits for what it asks most: one flat object.
    pub fn ask(&self, config: &Path, at: &Running) -> Result<Told> {
        let mut command = self.command("ask", config);
        command.arg(at.address().to_string());
        let json = workspace::output(&mut command)?;
        Ok(Told {
            json,
            service_cpu: None,
        })
    }

    /// Lets the members check in to the activity of that place.
    pub fn run(&self, config: &Path, at: &[&Running], activity: u32, drive: Drive) -> Result<Told> {
        let mut command = self.command("run", config);
        command.arg(activity.to_string());
        told(&mut command, at, drive)
    }

    /// Begins to let members check in, through the node at `address` and each until he is
    /// acknowledged, whatever happens to the database meanwhile.
    pub fn survive(
        &self,
        config: &Path,
        running: &Running,
        connections: u32,
        seconds: u32,
    ) -> Result<Survivors> {
        let numbers = [connections, seconds].map(|it| it.to_string());
        let child = self
            .command("survive", config)
            .args(["0", "--address", &running.address().to_string()])
            .args(["--connections", &numbers[0], "--seconds", &numbers[1]])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the load generator could not be started")?;
        Ok(Survivors(child))
    }

    /// Lets a nation check in.
    pub fn friday(
        &self,
        config: &Path,
        at: &Running,
        nation: Nation,
        drive: Drive,
    ) -> Result<Told> {
        let mut command = self.command("friday", config);
        command.args(sizes(nation));
        told(&mut command, &[at], drive)
    }

    /// Lets members read the same thing over and over.
    pub fn get(&self, config: &Path, at: &Running, path: &str, drive: Drive) -> Result<Told> {
        let mut command = self.command("get", config);
        command.arg(path);
        told(&mut command, &[at], drive)
    }

    /// A subcommand that is about the service of this configuration.
    pub fn command(&self, task: &str, config: &Path) -> Command {
        let mut command = Command::new(&self.0);
        command.arg(task).arg(config);
        command
    }
}

fn sizes(nation: Nation) -> [String; 8] {
    let Nation {
        committees,
        members,
        activities,
        facts,
    } = nation;
    [
        "--committees".to_owned(),
        committees.to_string(),
        "--members".to_owned(),
        members.to_string(),
        "--activities".to_owned(),
        activities.to_string(),
        "--facts".to_owned(),
        facts.to_string(),
    ]
}

fn told(command: &mut Command, at: &[&Running], drive: Drive) -> Result<Told> {
    let addresses: Vec<_> = at.iter().map(|it| it.address().to_string()).collect();
    let numbers = [drive.connections, drive.seconds].map(|it| it.to_string());
    command.args(["--address", &addresses.join(",")]);
    command.args(["--connections", &numbers[0], "--seconds", &numbers[1]]);
    if let Some(rate) = drive.rate {
        command.args(["--rate", &rate.to_string()]);
    }
    let cpu = || -> Option<f64> { at.iter().map(|it| it.cpu_seconds()).sum() };
    let before = cpu();
    let json = workspace::output(command)?;
    let service_cpu = cpu().zip(before).map(|(after, before)| after - before);
    Ok(Told { json, service_cpu })
}

impl Told {
    /// A figure by its name.
    pub fn figure(&self, name: &str) -> Result<f64> {
        number(&self.json, name).with_context(|| format!("the load generator said {}", self.json))
    }

    /// A run of check-ins, of which every row was found.
    pub fn written(&self) -> Result<Run> {
        let accepted = self.figure("accepted")?;
        for rows in ["found", "attended", "audited"] {
            let found = self.figure(rows)?;
            if found < accepted || found < 1.0 {
                bail!("of {accepted} check-ins {found} are {rows}: {}", self.json);
            }
        }
        self.run()
    }

    /// A run of anything else, of which every answer was good.
    pub fn read(&self) -> Result<Run> {
        if self.figure("refused")? > 0.0 || self.figure("accepted")? < 1.0 {
            bail!("not all answers were good: {}", self.json);
        }
        self.run()
    }

    fn run(&self) -> Result<Run> {
        let accepted = self.figure("accepted")?;
        let each_ms = |seconds: f64| seconds * 1000.0 / accepted;
        Ok(Run {
            rate: accepted / self.figure("seconds")?,
            p50_ms: Some(self.figure("p50_ms")?),
            p99_ms: Some(self.figure("p99_ms")?),
            refused: Some(self.figure("refused")?),
            service_cpu_ms: self.service_cpu.map(each_ms),
            loader_cpu_ms: number(&self.json, "cpu_seconds").map(each_ms),
        })
    }

    /// Seconds of a core that the services took.
    pub fn service_cpu(&self) -> Option<f64> {
        self.service_cpu
    }

    /// Everything that was told.
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// Members who check in while something happens.
pub struct Survivors(Child);

/// What they saw.
#[derive(Clone, Copy, Debug)]
pub struct Survived {
    /// Check-ins that were answered with success.
    pub acknowledged: f64,
    /// Of these, those whose row is not there.
    pub lost: f64,
    /// Rows beyond one for a member.
    pub doubled: f64,
    /// Answers that asked to come again.
    pub put_off: f64,
    /// Answers that no fault excuses.
    pub wrong: f64,
    /// The longest time in which nobody was acknowledged.
    pub silence_seconds: f64,
}

impl Survivors {
    /// Waits until everybody who began is acknowledged.
    pub fn come_home(self) -> Result<Survived> {
        let output = self.0.wait_with_output()?;
        let answer = String::from_utf8_lossy(&output.stdout);
        let figure = |name| {
            number(&answer, name).with_context(|| format!("the load generator said {answer:?}"))
        };
        Ok(Survived {
            acknowledged: figure("acknowledged")?,
            lost: figure("lost")?,
            doubled: figure("doubled")?,
            put_off: figure("put_off")?,
            wrong: figure("wrong")?,
            silence_seconds: figure("silence_seconds")?,
        })
    }
}

/// A number of a flat JSON object.
fn number(json: &str, name: &str) -> Option<f64> {
    let (_, rest) = json.split_once(&format!("\"{name}\":"))?;
    let end = rest.find([',', '}'])?;
    rest[..end].trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_by_its_whole_name() {
        let json = r#"{"accepted":12,"p50_ms":1.25,"cpu_seconds":null,"seconds":5.5}"#;

        assert_eq!(number(json, "accepted"), Some(12.0));
        assert_eq!(number(json, "seconds"), Some(5.5));
        assert_eq!(number(json, "cpu_seconds"), None);
        assert_eq!(number(json, "p99_ms"), None);
    }

    #[test]
    fn a_check_in_without_its_audit_entry_does_not_count() {
        let told = |audited| Told {
            json: format!(
                r#"{{"accepted":2,"refused":0,"seconds":1,"p50_ms":1,"p99_ms":1,"found":2,"attended":2,"audited":{audited}}}"#
            ),
            service_cpu: None,
        };

        assert!(told(2).written().is_ok());
        assert!(told(1).written().is_err());
    }
}
