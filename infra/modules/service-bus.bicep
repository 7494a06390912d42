metadata description = 'Service Bus namespace, its queues from service-bus-queues.json (the local broker reads the same file), and who may send to or receive from each.'

@description('Name of the namespace.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Tier: Standard or Premium.')
@allowed(['Standard', 'Premium'])
param skuName string

@description('Object id of the function app identity.')
param functionsPrincipalId string

@description('Object id of the service principal of the workstations; empty: none.')
param workstationsPrincipalId string

var queues = loadJsonContent('../service-bus-queues.json')

var dataSender = '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
var dataReceiver = '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'

// The API and the relay ring dispatch; the refused goes to rejected; an operator puts a dead letter of any queue back.
var functionsSendTo = [
  'esprit-commands'
  'esprit-dispatch'
  'esprit-results'
  'esprit-rejected'
  'file-verification'
  'exports'
]
// One trigger each, and the dead letters of all, which a role on their queue covers. The bell itself is for the agents alone.
var functionsReceiveFrom = [
  'esprit-commands'
  'esprit-dispatch'
  'esprit-results'
  'esprit-rejected'
  'file-verification'
  'exports'
]
var workstationsSendTo = ['esprit-results']
var workstationsReceiveFrom = ['esprit-dispatch']

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: skuName, tier: skuName }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

// The file's keys are the names Resource Manager uses, so every setting in it reaches Azure and the rest keeps the
// service's own defaults. One at a time: a namespace refuses parallel changes of its entities now and then.
@batchSize(1)
resource queueResources 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for queue in queues: {
    parent: bus
    name: queue.name
    properties: toObject(
      filter(items(queue), setting => setting.key != 'name'),
      setting => setting.key,
      setting => setting.value
    )
  }
]

resource functionsSend 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, index) in queues: if (contains(functionsSendTo, queue.name)) {
    name: guid(bus.id, queue.name, functionsPrincipalId, dataSender)
    scope: queueResources[index]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataSender)
      principalId: functionsPrincipalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource functionsReceive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, index) in queues: if (contains(functionsReceiveFrom, queue.name)) {
    name: guid(bus.id, queue.name, functionsPrincipalId, dataReceiver)
    scope: queueResources[index]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataReceiver)
      principalId: functionsPrincipalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource workstationsSend 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, index) in queues: if (!empty(workstationsPrincipalId) && contains(workstationsSendTo, queue.name)) {
    name: guid(bus.id, queue.name, workstationsPrincipalId, dataSender)
    scope: queueResources[index]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataSender)
      principalId: workstationsPrincipalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource workstationsReceive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, index) in queues: if (!empty(workstationsPrincipalId) && contains(workstationsReceiveFrom, queue.name)) {
    name: guid(bus.id, queue.name, workstationsPrincipalId, dataReceiver)
    scope: queueResources[index]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataReceiver)
      principalId: workstationsPrincipalId
      principalType: 'ServicePrincipal'
    }
  }
]

// https://NAME.servicebus.windows.net:443/ in the public cloud; other clouds have other suffixes.
output hostName string = split(split(bus.properties.serviceBusEndpoint, '://')[1], ':')[0]
