// Bodies of other libraries.
import { expect } from "chai";
import type { AuthError } from "pay4power-auth";
import { type Case, type Script, scripted } from "./harness.ts";
import { clientOf } from "./make.ts";
import { loose, OTHER_BLOB, OtherForm, OtherParams } from "./other-classes.ts";

const HOUR: Script = { lifetimeS: 3_600 };

export const requestBodyCases: Case[] = [
  {
    name: "a body of another library is sent for what it is, or refused: never as a text like [object FormData]",
    async run(world) {
      const { client } = clientOf(world, HOUR, { baseUrl: world.scriptUrl });
      const form = new OtherForm();
      form.append("pay", "once");
      form.append("file", new Blob(["of a file"]));
      for (const [body, arrives, type] of [
        [form, ["once", "of a file"], "multipart/form-data"],
        [new OtherParams("pay=once"), ["pay=once"], "application/x-www-form-urlencoded"],
      ] as const) {
        const api = scripted(world, { inTurn: [{ status: 401 }, { body: "{}" }] });
        client.reset();
        await loose(client)(api.url, { method: "POST", body });
        const calls = await api.calls();
        expect(calls).to.have.length(2);
        for (const call of calls) {
          for (const text of arrives) {
            expect(call.body).to.include(text);
          }
          expect(call.headers["content-type"]).to.include(type);
        }
      }
      const files = new OtherForm();
      files.append("file", OTHER_BLOB);
      const unfit = {
        files,
        blob: OTHER_BLOB,
        object: { pay: "once" },
        array: [{ pay: "once" }],
        bare: Object.create(null),
        tagged: { [Symbol.toStringTag]: "FormData" },
        function: () => "pay",
        symbol: Symbol("pay"),
        response: new Response("pay"),
        list: ["pay", {}],
        "stream of another library": { [Symbol.toStringTag]: "ReadableStream" },
      };
      for (const [name, body] of Object.entries(unfit)) {
        const api = scripted(world, { body: "{}" });
        const error = await loose(client)(api.url, { method: "POST", body }).then(
          () => undefined,
          (thrown: AuthError) => thrown,
        );
        if (error === undefined) {
          // Older builds of undici send every object that has the members of a Blob.
          expect((await api.calls())[0]?.body, name)
            .to.include("pay")
            .and.not.include("[object");
        } else {
          expect(error.code, name).to.equal("P4P_INVALID_OPTIONS");
          expect(error.message).to.include("`body`");
          expect(await api.calls()).to.deep.equal([]);
        }
      }
      client.close();
    },
  },
  {
    name: "a fetch that was given gets bodies of the classes that it was given",
    async run(world) {
      let answered = 0;
      const sent: RequestInit[] = [];
      const service = scripted(world, HOUR);
      const { client } = clientOf(world, HOUR, {
        baseUrl: world.scriptUrl,
        tokenUrl: service.url,
        fetch: async (url: string, init: RequestInit) => {
          if (url === service.url) {
            return fetch(url, init);
          }
          sent.push(init);
          return new Response("{}", { status: answered++ % 2 ? 200 : 401 });
        },
      });
      const form = new OtherForm();
      form.append("pay", OTHER_BLOB);
      const tagged = { [Symbol.toStringTag]: "FormData" };
      for (const body of [form, new OtherParams("pay=once"), OTHER_BLOB]) {
        client.reset();
        await loose(client)("/given", { method: "POST", body });
        const [first, second] = sent.splice(0);
        expect(second, "is sent again").not.to.equal(undefined);
        for (const got of [first?.body, second?.body] as unknown[]) {
          expect(Object.getPrototypeOf(got)).to.equal(Object.getPrototypeOf(body));
        }
        if (body === form) {
          expect((first as { body: unknown } as { body: OtherForm }).body.entries).to.deep.equal(
            form.entries,
          );
        }
      }
      class Adding extends OtherForm {
        constructor() {
          super();
          this.append("currency", "NGN");
        }
      }
      for (const method of ["POST", "PUT", "DELETE"]) {
        for (const body of [tagged, new Adding(), { pay: "once" }, 5]) {
          await loose(client)("/given", { method, body });
          expect(sent.at(-1)?.body, method).to.equal(body);
        }
      }
      client.close();
    },
  },
];
