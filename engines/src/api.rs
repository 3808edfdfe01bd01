//! The few engine calls that the harness itself needs, over plain HTTP: images in and out, and one container's run.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use hyper::Method;
use serde_json::{Value, json};

use crate::error::Result;
use crate::http::{Client, Payload, Response};

/// A user of a registry.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// How a container ended and what it wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The exit code.
    pub code: i64,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Client {
    /// Whether the engine has the image.
    ///
    /// # Errors
    ///
    /// The response is neither found nor not found.
    pub async fn has_image(&self, image: &str) -> Result<bool> {
        let response = self.get(&format!("/images/{image}/json")).await?;
        match response.status.as_u16() {
            404 => Ok(false),
            _ => response.expect(200).map(|_| true),
        }
    }

    /// Makes an image of one layer from a tar; `repository` and `tag` are plain words.
    ///
    /// # Errors
    ///
    /// The engine refuses it.
    pub async fn import(&self, repository: &str, tag: &str, archive: Vec<u8>) -> Result<()> {
        // A shell is the default command, as in the image that everybody knows by this name.
        let change = "CMD%20%5B%22sh%22%5D";
        let path = format!("/images/create?fromSrc=-&repo={repository}&tag={tag}&changes={change}");
        progress(self.post(&path, Payload::tar(archive)).await?)?;
        // podman reads no tag here.
        if !self.has_image(&format!("{repository}:{tag}")).await? {
            self.tag(&format!("{repository}:latest"), repository, tag).await?;
        }
        Ok(())
    }

    /// Gives an image a further name.
    ///
    /// # Errors
    ///
    /// The engine refuses it.
    pub async fn tag(&self, image: &str, repository: &str, tag: &str) -> Result<()> {
        let path = format!("/images/{image}/tag?repo={repository}&tag={tag}");
        self.post(&path, Payload::none()).await?.expect(201).map(drop)
    }

    /// Pushes `repository:tag` to the registry that its name begins with.
    ///
    /// # Errors
    ///
    /// The engine or the registry refuses it, at once or in the middle of the progress stream.
    pub async fn push(&self, repository: &str, tag: &str, login: Option<&Login>) -> Result<()> {
        let path = format!("/images/{repository}/push?tag={tag}");
        // 20.10 refuses a push without the header, even where there is nothing to say in it.
        let payload = Payload::none().header("x-registry-auth", &registry_auth(login));
        progress(self.post(&path, payload).await?)
    }

    /// Pulls `repository:tag`.
    ///
    /// # Errors
    ///
    /// The engine or the registry refuses it, at once or in the middle of the progress stream.
    pub async fn pull(&self, repository: &str, tag: &str, login: Option<&Login>) -> Result<()> {
        let path = format!("/images/create?fromImage={repository}&tag={tag}");
        let payload = Payload::none().header("x-registry-auth", &registry_auth(login));
        progress(self.post(&path, payload).await?)
    }

    /// Removes an image, or one of its names.
    ///
    /// # Errors
    ///
    /// The engine refuses it.
    pub async fn remove_image(&self, image: &str) -> Result<()> {
        self.delete(&format!("/images/{image}?force=true")).await?.expect(200).map(drop)
    }

    /// Creates a container and returns its id.
    ///
    /// # Errors
    ///
    /// The engine refuses it.
    pub async fn create(&self, name: &str, config: &Value) -> Result<String> {
        let path = format!("/containers/create?name={name}");
        let response = self.post(&path, Payload::json(config)).await?.expect(201)?;
        match response.json()?["Id"].as_str() {
            Some(id) => Ok(id.to_owned()),
            None => Err(response.unexpected("the container's Id")),
        }
    }

    /// Creates a container, runs it to its end, reads its logs and removes it.
    ///
    /// # Errors
    ///
    /// The engine refuses one of the steps.
    pub async fn run(&self, name: &str, config: &Value) -> Result<Output> {
        let id = self.create(name, config).await?;
        self.post(&format!("/containers/{id}/start"), Payload::none()).await?.expect(204)?;
        let waited =
            self.post(&format!("/containers/{id}/wait"), Payload::none()).await?.expect(200)?;
        let logs =
            self.get(&format!("/containers/{id}/logs?stdout=1&stderr=1")).await?.expect(200)?;
        self.delete(&format!("/containers/{id}?force=true&v=true")).await?.expect(204)?;
        let code = waited.json()?["StatusCode"].as_i64();
        let (Some(code), Some((stdout, stderr))) = (code, demultiplex(&logs.body)) else {
            return Err(logs.unexpected("whole frames, and a status code before"));
        };
        Ok(Output { code, stdout, stderr })
    }

    /// Removes all containers, volumes and networks that have this label.
    ///
    /// # Errors
    ///
    /// Returns an error if the engine cannot list them. An object that no longer exists is skipped.
    pub async fn remove_labelled(&self, label: &str) -> Result<()> {
        let filters = format!("%7B%22label%22%3A%5B%22{label}%22%5D%7D");
        let listed =
            self.get(&format!("/containers/json?all=1&filters={filters}")).await?.expect(200)?;
        for id in
            listed.json()?.as_array().into_iter().flatten().filter_map(|item| item["Id"].as_str())
        {
            self.delete(&format!("/containers/{id}?force=true&v=true")).await?;
        }
        let listed = self.get(&format!("/networks?filters={filters}")).await?.expect(200)?;
        for id in
            listed.json()?.as_array().into_iter().flatten().filter_map(|item| item["Id"].as_str())
        {
            self.delete(&format!("/networks/{id}")).await?;
        }
        let listed = self.get(&format!("/volumes?filters={filters}")).await?.expect(200)?;
        let listed = listed.json()?;
        for name in listed["Volumes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|item| item["Name"].as_str())
        {
            self.send(Method::DELETE, &format!("/volumes/{name}?force=true"), Payload::none())
                .await?;
        }
        Ok(())
    }
}

/// What `X-Registry-Auth` has to say.
fn registry_auth(login: Option<&Login>) -> String {
    let value = match login {
        Some(login) => json!({"username": login.user, "password": login.password}),
        None => json!({}),
    };
    URL_SAFE.encode(value.to_string())
}

/// A progress stream that holds an error failed, whatever its status.
fn progress(response: Response) -> Result<()> {
    let response = response.expect(200)?;
    if response.json_values()?.iter().any(|value| value.get("error").is_some()) {
        return Err(response.unexpected("progress without an error"));
    }
    Ok(())
}

/// Splits frames of type, three zero bytes, length and payload into standard output and standard error.
fn demultiplex(mut frames: &[u8]) -> Option<(String, String)> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    while !frames.is_empty() {
        let (head, rest) = frames.split_first_chunk::<8>()?;
        let [kind, 0, 0, 0, length @ ..] = head else { return None };
        let (payload, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        match kind {
            1 => stdout.extend_from_slice(payload),
            2 => stderr.extend_from_slice(payload),
            _ => return None,
        }
        frames = rest;
    }
    Some((String::from_utf8(stdout).ok()?, String::from_utf8(stderr).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_apart() {
        let frames = b"\x01\0\0\0\0\0\0\x03one\x02\0\0\0\0\0\0\x02no\x01\0\0\0\0\0\0\x00\x01\0\0\0\0\0\0\x04-two";
        assert_eq!(demultiplex(frames), Some(("one-two".to_owned(), "no".to_owned())));
        assert_eq!(demultiplex(&frames[..frames.len() - 1]), None, "a frame is cut off");
        assert_eq!(demultiplex(b"plain text"), None, "not framed at all");
    }

    #[test]
    fn registry_auth_is_padded_and_safe_in_urls() {
        let login = Login { user: "tester".to_owned(), password: "pä??~~".to_owned() };
        let value = registry_auth(Some(&login));
        assert!(value.chars().all(|c| c.is_ascii_alphanumeric() || "-_=".contains(c)), "{value}");
        assert_eq!(value.len() % 4, 0);
        assert_eq!(registry_auth(None), "e30=");
    }
}
