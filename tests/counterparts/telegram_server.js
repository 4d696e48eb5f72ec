// Telegram's Bot API on loopback: npm telegram-test-api's own server, with what a current client (python-telegram-bot)
// needs and 4.2.1 lacks, and faults on demand. Started as: node telegram_server.js PORT
const TelegramServer = require('telegram-test-api');
const own = (name) => require(require.resolve(name, {paths: [require.resolve('telegram-test-api')]}));
const express = own('express');
const axios = own('axios');

// Not filled in by the package, and required by the Bot API.
const format = TelegramServer.formatUpdate;
TelegramServer.formatUpdate = (update) => {
  const formatted = format(update);
  if (formatted.callback_query) formatted.callback_query.chat_instance = 'one';
  return formatted;
};

const VOICE = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(60)]);
const TRUE = /\/(setWebhook|deleteWebhook|answerCallbackQuery|editMessageReplyMarkup|editMessageText|deleteMessage)$/;

class Server extends TelegramServer {
  constructor(config) {
    super(config);
    this.faults = [];  // answers to the next sendMessage requests: {status, code, description, retry_after}
    this.calls = [];  // every method that was called
    const outer = express();
    outer.use(express.json({limit: '1mb'}), express.urlencoded({extended: true}));
    outer.post('/faults', (request, response) => { this.faults.push(...request.body); response.json({}); });
    outer.get('/calls', (request, response) => response.json(this.calls));
    outer.post('/update', async (request, response) => response.json({status: await this.deliver(request.body)}));
    outer.use('/bot:token/:method', (request, response, next) => {
      this.calls.push({method: request.params.method, ...request.body});
      const fault = request.params.method === 'sendMessage' && this.faults.shift();
      if (!fault) return next();
      if (fault.drop) return request.socket.destroy();
      const parameters = fault.retry_after ? {retry_after: fault.retry_after} : undefined;
      return response.status(fault.status)
        .json({ok: false, error_code: fault.status, description: fault.description || 'fault', parameters});
    });
    outer.use((request, response, next) => {
      const json = response.json.bind(response);
      response.json = (body) => json(asTheRealOne(request.path, body));
      next();
    });
    outer.all('/bot:token/getFile', (request, response) => response.json(
      {ok: true, result: {file_id: request.body.file_id, file_unique_id: 'u', file_size: VOICE.length, file_path: 'voice/0.oga'}}));
    outer.all('/bot:token/getWebhookInfo', (request, response) => response.json({ok: true, result: {
      url: (this.webhooks[request.params.token] || {url: ''}).url, has_custom_certificate: false, pending_update_count: 0}}));
    outer.get('/file/bot:token/voice/:name', (request, response) => response.type('audio/ogg').send(VOICE));
    outer.use(this.webServer);
    this.webServer = outer;
    this.sent = 1_000_000;
  }

  // The package never sends the secret token along.
  async addUserUpdate(update) {
    const webhook = this.webhooks[update.botToken];
    if (!webhook) return super.addUserUpdate(update);
    await this.bring(webhook, TelegramServer.formatUpdate(update));
    this.updateId++;
  }

  // A whole update as it is: what the package's own client cannot make (voice, contact, groups, edits).
  async deliver({token, update, secret}) {
    const webhook = this.webhooks[token];
    return this.bring(secret === undefined ? webhook : {...webhook, secret_token: secret}, {update_id: this.sent++, ...update});
  }

  async bring(webhook, update) {
    const headers = webhook.secret_token ? {'X-Telegram-Bot-Api-Secret-Token': webhook.secret_token} : {};
    const answer = await axios({url: webhook.url, method: 'POST', data: update, headers, validateStatus: () => true});
    return answer.status;
  }
}

// Answers that the real Bot API types differently.
function asTheRealOne(path, body) {
  if (/\/getMe$/.test(path) && body.result) body.result.is_bot = true;
  if (/\/bot[^/]+\/sendMessage$/.test(path) && body.result) {
    body.result.date = Math.floor(body.result.date / 1000);
    body.result.chat.id = Number(body.result.chat.id);
  }
  if (TRUE.test(path) && body.ok) body.result = true;
  return body;
}

const server = new Server({port: Number(process.argv[2]), host: '127.0.0.1', storage: 'RAM', storeTimeout: 3600});
server.start().then(() => console.log('ready'));
process.on('unhandledRejection', (problem) => console.log('unhandled', problem.message));
