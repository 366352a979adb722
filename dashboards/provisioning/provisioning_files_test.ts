import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parse } from "yaml";
import { boardFiles } from "../boards/board_files.ts";
import type { GeneratedFile } from "../generated_file.ts";
import { ruleFiles } from "../rules/rule_files.ts";
import { grafanaFolder } from "./grafana_files.ts";
import { maxConfigMapBytes } from "./kubernetes_files.ts";
import { provisioningFiles } from "./provisioning_files.ts";

/** Texts that YAML would take for something else, if they were not quoted as they must be. */
const boards: readonly GeneratedFile[] = [
  {
    path: "dashboards/generated/grafana/dashboards/fleet.json",
    text:
      '{\n  "uid": "ztna-fleet",\n  "title": "Flotte: \\u2028 # – %{x} {{y}}",\n\t"x": "- |"\n}\n',
  },
  { path: "dashboards/generated/grafana/dashboards/relay.json", text: '{"uid": "ztna-relay"}' },
];
const rules: readonly GeneratedFile[] = [
  {
    path: "dashboards/generated/prometheus/rules/alerts.yaml",
    text:
      "groups:\n  - name: ztna-down\n    rules:\n      - alert: ZtnaDown\n        expr: up == 0\n" +
      "        annotations:\n          summary: '{{ $labels.instance }}: down'\n",
  },
  {
    path: "dashboards/generated/prometheus/rules/recording.yaml",
    text: "groups:\n  - name: ztna-rates\n    rules: []\n",
  },
];

/** Names of objects: RFC 1123 as Kubernetes reads it. */
const namePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelKeyPattern = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/;
const labelValuePattern = /^([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?$/;

interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly groups: readonly unknown[] };
}

const samples = [
  { name: "odd texts", boards, rules },
  { name: "what is generated", boards: boardFiles(), rules: ruleFiles() },
];

for (const { name, boards, rules } of samples) {
  describe(`provisioningFiles, for ${name}`, () => {
    const files = provisioningFiles(boards, rules);
    const textOf = (path: string): string =>
      files.find((file) => file.path === `dashboards/generated/${path}`)!.text;
    const objects = files.filter(({ path }) => path.includes("/kubernetes/"))
      .map(({ text }) => parse(text) as KubernetesObject);

    it("gives each file a path of its own, and the same bytes every time", () => {
      assertEquals(new Set(files.map(({ path }) => path)).size, files.length);
      assertEquals(provisioningFiles(boards, rules), files);
    });

    it("tells Grafana where the dashboards are and which folder they go to", () => {
      const { apiVersion, providers } = parse(
        textOf("grafana/provisioning/dashboards/ztna-fleet.yaml"),
      );
      assertEquals(apiVersion, 1);
      assertEquals(providers.length, 1);
      const [{ type, folder, folderUid, allowUiUpdates, options }] = providers;
      assertEquals({ type, folder, folderUid }, {
        type: "file",
        folder: grafanaFolder,
        folderUid: grafanaFolder,
      });
      assertEquals(allowUiUpdates, false);
      assertMatch(options.path, /^\//);
    });

    it("tells Grafana of a Prometheus with a uid that stays", () => {
      const { apiVersion, datasources } = parse(
        textOf("grafana/provisioning/datasources/ztna-fleet.yaml"),
      );
      assertEquals(apiVersion, 1);
      const [{ uid, type, url, jsonData }] = datasources;
      assertEquals({ uid, type }, { uid: "ztna-prometheus", type: "prometheus" });
      assert(URL.canParse(url));
      assertMatch(jsonData.timeInterval, /^\d+s$/);
    });

    it("names and labels Kubernetes' objects as Kubernetes wants it", () => {
      assertEquals(objects.length, boards.length + 2);
      assertEquals(new Set(objects.map(({ metadata }) => metadata.name)).size, objects.length);
      for (const { metadata } of objects) {
        assertMatch(metadata.name, namePattern);
        assert(metadata.name.length <= 63);
        for (const [key, value] of Object.entries(metadata.labels)) {
          assertMatch(key, labelKeyPattern);
          assertMatch(value, labelValuePattern);
          assert(value.length <= 63);
        }
      }
    });

    it("puts each dashboard into a ConfigMap that Grafana's sidecar takes, to the byte", () => {
      for (const board of boards) {
        const name = board.path.split("/").at(-1)!.replace(".json", "");
        const object = parse(textOf(`kubernetes/dashboard-${name}.yaml`)) as KubernetesObject;
        assertEquals({ apiVersion: object.apiVersion, kind: object.kind }, {
          apiVersion: "v1",
          kind: "ConfigMap",
        });
        assertEquals(object.metadata.labels["grafana_dashboard"], "1");
        assertEquals(object.metadata.annotations, { grafana_folder: grafanaFolder });
        assertEquals(object.data, { [`ztna-${name}.json`]: board.text });
        for (const key of Object.keys(object.data!)) assertMatch(key, /^[-\w.]+$/);
      }
    });

    it("gives the rules as files and as the operator's custom resource", () => {
      const map = parse(textOf("kubernetes/rules.yaml")) as KubernetesObject;
      const texts = rules.map(({ path, text }) => [path.split("/").at(-1)!, text]);
      assertEquals(map.data, Object.fromEntries(texts));
      const { apiVersion, kind, spec } = parse(
        textOf("kubernetes/prometheus-rule.yaml"),
      ) as KubernetesObject;
      assertEquals({ apiVersion, kind }, {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
      });
      assertEquals(spec?.groups, rules.flatMap(({ text }) => parse(text).groups));
    });

    it("refuses what is too large for a ConfigMap", () => {
      const large = { ...boards[1]!, text: "x".repeat(maxConfigMapBytes) };
      assertThrows(() => provisioningFiles([large], rules), RangeError, "at most");
      const fits = { ...large, text: "x".repeat(maxConfigMapBytes - "ztna-relay.json".length) };
      provisioningFiles([fits], rules);
    });
  });
}
