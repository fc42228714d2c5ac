// This device's camera, sent as JPEGs; at most two are in flight.

const WIDEST = 640;
const QUALITY = 0.8;
const IN_FLIGHT = 2;

export class DeviceCamera {
  constructor({ onEnd }) {
    this.onEnd = onEnd;
    this.onTheWay = 0;
    this.running = false;
  }

  async start() {
    if (!navigator.mediaDevices) throw new Error("a browser gives its camera only to pages from this machine or over HTTPS");
    this.media = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: WIDEST }, facingMode: "environment" } });
    this.video = Object.assign(document.createElement("video"), { srcObject: this.media, muted: true, playsInline: true });
    await this.video.play();
    this.canvas = document.createElement("canvas");
    this.running = true;
    this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/camera`);
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    this.socket.addEventListener("close", (event) => this.stop(event.reason));
  }

  hear(message) {
    if (message.type === "attached") this.next();
    else {
      this.onTheWay -= 1;
      if (this.waiting) this.next();
    }
  }

  next() {
    if (!this.running) return;
    this.waiting = this.onTheWay >= IN_FLIGHT;
    if (this.waiting) return;
    this.onTheWay += 1;
    const again = (_, facts) => this.grab(facts?.mediaTime ?? this.video.currentTime);
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(again);
    else requestAnimationFrame(again);
  }

  grab(seconds) {
    if (!this.running) return;
    const scale = Math.min(1, WIDEST / Math.max(this.video.videoWidth, this.video.videoHeight));
    this.canvas.width = Math.round(this.video.videoWidth * scale);
    this.canvas.height = Math.round(this.video.videoHeight * scale);
    this.canvas.getContext("2d").drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    this.canvas.toBlob(async (blob) => {
      if (!this.running || !blob) return;
      const message = new Uint8Array(8 + blob.size);
      new DataView(message.buffer).setFloat64(0, seconds);
      message.set(new Uint8Array(await blob.arrayBuffer()), 8);
      if (this.socket.readyState === WebSocket.OPEN) this.socket.send(message);
      this.next();
    }, "image/jpeg", QUALITY);
  }

  stop(reason = "") {
    if (!this.running) return;
    this.running = false;
    this.media.getTracks().forEach((track) => track.stop());
    this.socket.close();
    this.onEnd(reason);
  }
}
