// Records from the microphone and sends plain WAV: what every server can read and no browser makes by itself.
// A button with data-record="address" starts and stops; what came of it is told in the .problem beside it.

const RATE = 16_000; // samples a second; the server brings it down to a telephone's

function wav(samples) {
  const bytes = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (at, letters) => [...letters].forEach((letter, index) => bytes.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF"); bytes.setUint32(4, 36 + samples.length * 2, true); text(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true); bytes.setUint16(20, 1, true); bytes.setUint16(22, 1, true);
  bytes.setUint32(24, RATE, true); bytes.setUint32(28, RATE * 2, true); bytes.setUint16(32, 2, true); bytes.setUint16(34, 16, true);
  text(36, "data"); bytes.setUint32(40, samples.length * 2, true);
  samples.forEach((value, index) => bytes.setInt16(44 + index * 2, Math.max(-1, Math.min(1, value)) * 32767, true));
  return new Blob([bytes], { type: "audio/wav" });
}

async function plain(recorded) {
  const context = new OfflineAudioContext(1, 1, RATE);
  const decoded = await context.decodeAudioData(await recorded.arrayBuffer()); // comes out at the rate of the context
  return wav(decoded.getChannelData(0));
}

async function record(longest) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
  const recorder = new MediaRecorder(stream);
  const pieces = [];
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  const done = new Promise((resolve) => recorder.addEventListener("stop", () => {
    stream.getTracks().forEach((track) => track.stop());
    resolve(new Blob(pieces, { type: recorder.mimeType }));
  }));
  recorder.start();
  const tooLong = setTimeout(() => recorder.state === "recording" && recorder.stop(), longest * 1000);
  return { done, stop: () => { clearTimeout(tooLong); recorder.stop(); } };
}

const csrf = document.querySelector("[data-csrf] input")?.value ?? "";

function prepare(button) {
  const box = button.closest(".record");
  const problem = box.querySelector(".problem");
  const sound = box.querySelector("audio");
  let running = null;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (running) return running.stop();
    problem.textContent = "";
    try {
      running = await record(Number(button.dataset.longest) + 3);
    } catch {
      problem.textContent = button.dataset.noMicrophone;
      return;
    }
    const words = button.firstChild.textContent;
    button.firstChild.textContent = button.dataset.stop;
    button.setAttribute("aria-pressed", "true");
    const body = await plain(await running.done);
    running = null;
    button.firstChild.textContent = words;
    button.setAttribute("aria-pressed", "false");
    const answer = await fetch(button.dataset.record, { method: "POST", body, headers: { "X-CSRF": csrf }, credentials: "same-origin" });
    if (answer.redirected) return location.reload();
    if (answer.ok && button.dataset.then) return location.assign(button.dataset.then);
    if (!answer.ok) { problem.textContent = answer.status === 422 ? await answer.text() : `${answer.status}`; return; }
    sound.src = `/audio/${button.dataset.record.split("/desk/voice/")[1]}.wav?${Date.now()}`;
    sound.hidden = false;
    sound.load();
  });
}

if (globalThis.MediaRecorder && navigator.mediaDevices) document.querySelectorAll("[data-record]").forEach(prepare);
