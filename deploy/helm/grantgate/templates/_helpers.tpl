{{- define "grantgate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "grantgate.fullname" -}}
{{- $name := include "grantgate.name" . }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $full .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "grantgate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "grantgate.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "grantgate.selectorLabels" -}}
app.kubernetes.io/name: {{ include "grantgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "grantgate.labels" -}}
{{ include "grantgate.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "grantgate.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{/* grantgate.yaml: the user's configuration, with the settings that the other objects of the chart rely on. */}}
{{- define "grantgate.configuration" -}}
{{- $grace := dict "transport" (dict "lifeCycle" (dict "graceTimeOut" (printf "%ds" (int .Values.graceSeconds)))) }}
{{- $entryPoints := dict "web" (merge (dict "address" ":8000") $grace) "admin" (dict "address" ":8080") }}
{{- $provider := dict }}
{{- with .Values.namespaces }}{{ $_ := set $provider "namespaces" . }}{{ end }}
{{- $providers := dict "kubernetesCRD" $provider }}
{{- if .Values.kubernetesIngress.enabled }}{{ $_ := set $providers "kubernetesIngress" (deepCopy $provider) }}{{ end }}
{{- if .Values.kubernetesGateway.enabled }}{{ $_ := set $providers "kubernetesGateway" (deepCopy $provider) }}{{ end }}
{{- $own := dict "entryPoints" $entryPoints "ping" dict "providers" $providers }}
{{- if .Values.metrics.enabled }}{{ $_ := set $own "metrics" (dict "prometheus" dict) }}{{ end }}
{{- toYaml (mergeOverwrite (deepCopy .Values.config) $own) }}
{{- end }}

{{/* Permissions for the gateway's API requests. */}}
{{- define "grantgate.rules" -}}
- apiGroups: [traefik.io]
  resources: [ingressroutes, middlewares, tlsoptions, tlsstores, serverstransports, traefikservices]
  verbs: [list, watch]
- apiGroups: ['']
  resources: [services]
  verbs: [list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
- apiGroups: ['']
  resources: [secrets]
  verbs: [list, watch]
  {{- with .Values.secretNames }}
  resourceNames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
- apiGroups: ['']
  resources: [configmaps]
  verbs: [list, watch]
{{- if .Values.kubernetesIngress.enabled }}
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [list, watch]
{{- end }}
{{- if .Values.kubernetesGateway.enabled }}
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [gateways, referencegrants]
  verbs: [list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes/status]
  verbs: [patch]
{{- end }}
{{- if .Values.events }}
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
{{- end }}
